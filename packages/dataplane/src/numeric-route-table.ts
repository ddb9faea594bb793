/**
 * Longest-prefix match for IPv4 and IPv6, in one table, with a 32-bit number for each prefix: no value outside the
 * module.
 */
import { wholeNumber } from './arguments.js';
import { MISS } from './layout.js';
import type { PrefixInput } from './prefix-input.js';
import { NO_ROUTE, PrefixTable } from './prefix-table.js';
import { createTableModule, type RouteTableOptions } from './table-module.js';

/**
 * Prefixes of both families, each with a whole number from 0 to 0xfffffffe. The numbers are in the module with the
 * prefixes, so that `lookupBatch` answers with the values themselves.
 * @example
 * ```ts
 * import { NO_ROUTE, NumericRouteTable } from '@podlan/dataplane';
 *
 * const nextHops = await NumericRouteTable.create();
 * nextHops.insert('10.244.0.0/16', 7).insert('10.244.2.0/24', 42);
 * nextHops.lookup('10.244.2.7'); // => { prefix: '10.244.2.0/24', value: 42 }
 * nextHops.lookupValue(0x0a_f4_02_07); // => 42
 * nextHops.delete('10.244.2.0/24'); // => true
 *
 * const addresses = Uint32Array.of(0x0a_f4_02_07, 0xc0_00_02_01); // 10.244.2.7, 192.0.2.1
 * nextHops.lookupBatch(addresses, new Uint32Array(2)); // => Uint32Array.of(7, NO_ROUTE)
 * ```
 */
export class NumericRouteTable extends PrefixTable<number> {
  /** An empty table. Rejects with RangeError for a capacity that is none. */
  static async create(options: RouteTableOptions = {}): Promise<NumericRouteTable> {
    return new NumericRouteTable(await createTableModule(options));
  }

  /**
   * A table of these, the last value of a prefix that comes twice: quicker than to insert them one by one, and more
   * compact. Rejects with TypeError for what is no prefix, and with RangeError for a value out of range or more
   * prefixes than the capacity.
   * @example
   * ```ts
   * import { NumericRouteTable } from '@podlan/dataplane';
   *
   * const asns = await NumericRouteTable.from([
   *   ['198.51.100.0/24', 64_496],
   *   ['2001:db8::/32', 64_511],
   * ]);
   * asns.lookupValue('2001:db8::1'); // => 64_511
   * ```
   */
  static async from(
    entries: Iterable<readonly [PrefixInput, number]>,
    options: RouteTableOptions = {},
  ): Promise<NumericRouteTable> {
    const table = await NumericRouteTable.create(options);
    for (const [prefix, value] of entries) table.putUnseen(table.keyOf(prefix), checked(value));
    table.derive();
    return table;
  }

  /**
   * The number itself.
   * @example
   * ```ts
   * import { NumericRouteTable } from '@podlan/dataplane';
   *
   * const nextHops = await NumericRouteTable.create();
   * nextHops.valueAt(42); // => 42
   * ```
   */
  valueAt(number: number): number {
    return number;
  }

  /**
   * Adds a prefix or replaces its value. Throws TypeError for what is no prefix, and RangeError for another value or a
   * full table; then nothing has changed.
   */
  insert(prefix: PrefixInput, value: number): this {
    this.putAtKey(this.keyOf(prefix), checked(value));
    return this;
  }

  /** Takes the prefix away; returns whether it was there. Throws TypeError for what is no prefix. */
  delete(prefix: PrefixInput): boolean {
    const shape = this.keyOf(prefix);
    if (this.numberAtKey(shape) === MISS) return false;
    this.deleteAtKey(shape);
    return true;
  }
}

function checked(value: number): number {
  return wholeNumber('value', value, 0, NO_ROUTE - 1);
}
