/** A table whose module tests may look into, and numbers for what is put into it. */
import { NumericRouteTable } from '../src/index.js';
import type { Dataplane } from '../src/wasm.js';

export class OpenTable extends NumericRouteTable {
  override opened(): Dataplane {
    return super.opened();
  }
}

export const opened = (table: NumericRouteTable): OpenTable =>
  Object.setPrototypeOf(table, OpenTable.prototype);

/** Whole numbers below a bound, the same for a seed. */
export function randomOf(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}
