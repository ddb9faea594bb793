/** Longest-prefix match for IPv4 and IPv6, in one table, with a JavaScript value for each prefix. */
import { MISS } from './layout.js';
import type { PrefixInput } from './prefix-input.js';
import { createTableModule, PrefixTable, type RouteTableOptions } from './prefix-table.js';

export class RouteTable<Value = unknown> extends PrefixTable<Value> {
  /** By the number that the module has for the prefix. */
  readonly #values: (Value | undefined)[] = [];
  readonly #freeNumbers: number[] = [];

  /** An empty table. RangeError where the capacity is none. */
  static async create<Value = unknown>(options: RouteTableOptions = {}): Promise<RouteTable<Value>> {
    return new RouteTable<Value>(await createTableModule(options));
  }

  /** A table of these: quicker than to insert them one by one, and more compact. */
  static async from<Value>(
    entries: Iterable<readonly [PrefixInput, Value]>,
    options: RouteTableOptions = {},
  ): Promise<RouteTable<Value>> {
    const table = await RouteTable.create<Value>(options);
    for (const [prefix, value] of entries) table.#put(prefix, value, true);
    table.derive();
    return table;
  }

  valueAt(number: number): Value {
    return this.#values[number]!;
  }

  /** Adds a prefix or replaces its value. A full table is a RangeError, and nothing has changed. */
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

  /** Whether the prefix was there. */
  delete(prefix: PrefixInput): boolean {
    const shape = this.keyOf(prefix);
    const number = this.numberAtKey(shape);
    if (number === MISS) return false;
    this.deleteAtKey(shape);
    this.#values[number] = undefined;
    this.#freeNumbers.push(number);
    return true;
  }

  override clear(): void {
    super.clear();
    this.#values.length = 0;
    this.#freeNumbers.length = 0;
  }

  override [Symbol.dispose](): void {
    super[Symbol.dispose]();
    this.#values.length = 0;
  }
}
