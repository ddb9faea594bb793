/** Longest-prefix match for IPv4 and IPv6, in one table, with a 32-bit number for each prefix: no value outside the module. */
import { wholeNumber } from './key.js';
import { MISS } from './layout.js';
import type { PrefixInput } from './prefix-input.js';
import { createTableModule, NO_ROUTE, PrefixTable, type RouteTableOptions } from './prefix-table.js';

export class NumericRouteTable extends PrefixTable<number> {
  /** An empty table. RangeError where the capacity is none. */
  static async create(options: RouteTableOptions = {}): Promise<NumericRouteTable> {
    return new NumericRouteTable(await createTableModule(options));
  }

  /** A table of these: quicker than to insert them one by one, and more compact. */
  static async from(
    entries: Iterable<readonly [PrefixInput, number]>,
    options: RouteTableOptions = {},
  ): Promise<NumericRouteTable> {
    const table = await NumericRouteTable.create(options);
    for (const [prefix, value] of entries) table.putUnseen(table.keyOf(prefix), checked(value));
    table.derive();
    return table;
  }

  valueAt(number: number): number {
    return number;
  }

  /**
   * Adds a prefix or replaces its value, a whole number from 0 to 0xfffffffe. A full table, or another value, is a
   * RangeError, and nothing has changed.
   */
  insert(prefix: PrefixInput, value: number): this {
    this.putAtKey(this.keyOf(prefix), checked(value));
    return this;
  }

  /** Whether the prefix was there. */
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
