/** The addresses a whole table is verified with, in parts: the boundaries of every prefix, then random ones. */
import { AddressList } from '../tables/prefix-table.js';
import { traffic } from '../tables/traffic.js';
import { writeBoundaries } from './boundaries.js';

const PART = 1 << 16;
const BOUNDARIES = 4;
const RANDOM = ['covered', 'uniform', 'zipf'];

/** First, last, the one before and the one after, of every prefix of the table. */
export function* boundaryAddresses(table) {
  const rows = PART / BOUNDARIES;
  for (let from = 0; from < table.size; from += rows) {
    const count = Math.min(rows, table.size - from);
    const list = new AddressList(table.family, count * BOUNDARIES);
    for (let row = 0; row < count; row++) {
      const at = row * BOUNDARIES * table.width;
      writeBoundaries(list.words, at, table.address(from + row), table.lengths[from + row]);
    }
    yield list;
  }
}

/** `count` addresses, of every kind of traffic that need not be searched for; each part with a seed of its own. */
export function* randomAddresses(table, count, seed) {
  for (let given = 0, part = 0; given < count; given += PART, part++) {
    const kind = RANDOM[part % RANDOM.length];
    yield traffic(kind, { table, count: Math.min(PART, count - given), seed: seed + part });
  }
}
