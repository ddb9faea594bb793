/** Longest-prefix match for IPv4 and IPv6, in one table, with a JavaScript value for each prefix. */
import { MISS } from './layout.js';
import type { PrefixInput } from './prefix-input.js';
import { PrefixTable } from './prefix-table.js';
import { createTableModule, type RouteTableOptions } from './table-module.js';

/**
 * Prefixes of both families, each with a value of any type. Lookups, inserts and deletes may alternate as they like:
 * nothing is rebuilt.
 * @example
 * ```ts
 * import { RouteTable } from '@podlan/dataplane';
 *
 * const routes = await RouteTable.create<string>();
 * routes.insert('10.244.0.0/16', 'the cluster').insert('10.244.2.0/24', 'host B').insert('fd00:244::/48', 'IPv6 too');
 *
 * routes.lookup('10.244.2.7'); // => { prefix: '10.244.2.0/24', value: 'host B' }
 * routes.lookup(Uint8Array.of(10, 244, 9, 9)); // => { prefix: '10.244.0.0/16', value: 'the cluster' }
 * routes.lookup('192.0.2.1'); // => undefined
 * routes.lookupAll('10.244.2.7').map(({ prefix }) => prefix); // => ['10.244.0.0/16', '10.244.2.0/24']
 *
 * routes.get('10.244.2.0/24'); // => 'host B'
 * routes.has('10.244.1.0/24'); // => false
 * routes.delete('10.244.2.0/24'); // => true
 * routes.lookup('10.244.2.7')?.value; // => 'the cluster'
 *
 * routes.size; // => 2
 * [...routes.entries()]; // => [['10.244.0.0/16', 'the cluster'], ['fd00:244::/48', 'IPv6 too']]
 * routes.clear();
 * routes.size; // => 0
 * ```
 * @example A table that is full
 * ```ts
 * import { RouteTable } from '@podlan/dataplane';
 *
 * const routes = await RouteTable.from([['10.0.0.0/8', 'A']], { capacity: 1 });
 * try {
 *   routes.insert('10.1.0.0/16', 'B');
 * } catch (error) {
 *   String(error); // => 'RangeError: route table is full: its capacity is 1 prefixes'
 * }
 * routes.insert('10.0.0.0/8', 'C').toJSON(); // => [['10.0.0.0/8', 'C']]
 * ```
 */
export class RouteTable<Value = unknown> extends PrefixTable<Value> {
  /** By the number that the module has for the prefix. */
  readonly #values: (Value | undefined)[] = [];
  readonly #freeNumbers: number[] = [];

  /** An empty table. Rejects with RangeError for a capacity that is none. */
  static async create<Value = unknown>(options: RouteTableOptions = {}): Promise<RouteTable<Value>> {
    return new RouteTable<Value>(await createTableModule(options));
  }

  /**
   * A table of these, the last value of a prefix that comes twice: quicker than to insert them one by one, and more
   * compact. Rejects with TypeError for what is no prefix, and with RangeError for more than the capacity.
   * @example
   * ```ts
   * import { RouteTable } from '@podlan/dataplane';
   *
   * const saved = JSON.stringify(await RouteTable.from(new Map([['10.244.2.0/24', 'host B']])));
   * saved; // => '[["10.244.2.0/24","host B"]]'
   * const again = await RouteTable.from<string>(JSON.parse(saved));
   * again.get('10.244.2.0/24'); // => 'host B'
   * ```
   */
  static async from<Value>(
    entries: Iterable<readonly [PrefixInput, Value]>,
    options: RouteTableOptions = {},
  ): Promise<RouteTable<Value>> {
    const table = await RouteTable.create<Value>(options);
    for (const [prefix, value] of entries) table.#put(prefix, value, true);
    table.derive();
    return table;
  }

  /** The value that a number of `lookupBatch` stands for, as long as its prefix is in the table. */
  valueAt(number: number): Value {
    return this.#values[number]!;
  }

  /**
   * Adds a prefix or replaces its value; host bits are masked off. Throws TypeError for what is no prefix, and
   * RangeError where the table is full; then nothing has changed.
   */
  insert(prefix: PrefixInput, value: Value): this {
    this.#put(prefix, value, false);
    return this;
  }

  #put(prefix: PrefixInput, value: Value, unseen: boolean): void {
    const shape = this.keyOf(prefix);
    let number = this.numberAtKey(shape);
    if (number === MISS) {
      number = this.#freeNumbers.at(-1) ?? this.#values.length;
      if (unseen) this.putUnseen(shape, number);
      else this.putAtKey(shape, number);
      this.#freeNumbers.pop();
    }
    this.#values[number] = value;
  }

  /** Takes the prefix away; returns whether it was there. Throws TypeError for what is no prefix. */
  delete(prefix: PrefixInput): boolean {
    const shape = this.keyOf(prefix);
    const number = this.numberAtKey(shape);
    if (number === MISS) return false;
    this.deleteAtKey(shape);
    this.#values[number] = undefined;
    this.#freeNumbers.push(number);
    return true;
  }

  /** Removes all prefixes. */
  override clear(): void {
    super.clear();
    this.#values.length = 0;
    this.#freeNumbers.length = 0;
  }

  /** Lets go of the module's memory. Every use after it throws TypeError. */
  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#values.length = 0;
  }
}
