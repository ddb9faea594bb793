/**
 * Longest-prefix match, evidently right and quick enough for whole routing tables: a Map per prefix length, asked from
 * the longest to the shortest. It takes addresses as words, and its own oracle is the linear scan beside it.
 */
import { keyMaker, NUMBER_BITS } from '../tables/prefix-key.js';
import { wordsOf } from '../tables/prefix-table.js';

export const NO_ROUTE = 0xffffffff;

export class LengthMaps {
  /** Longest first. */
  #levels = [];
  #width;
  #startOf;
  /** The first 52 bits of every prefix longer than that, so that most addresses need not be asked about those. */
  #startsOfLong = new Set();

  constructor(family) {
    this.#width = wordsOf(family);
    this.#startOf = keyMaker(this.#width, NUMBER_BITS);
  }

  static of(table) {
    const maps = new LengthMaps(table.family);
    for (let at = 0; at < table.size; at++)
      maps.insert(table.address(at), table.lengths[at], table.values[at]);
    return maps;
  }

  get size() {
    return this.#levels.reduce((sum, { values }) => sum + values.size, 0);
  }

  #level(length) {
    const known = this.#levels.find((level) => level.length === length);
    if (known) return known;
    const level = { length, keyOf: keyMaker(this.#width, length), values: new Map() };
    this.#levels.push(level);
    this.#levels.sort((a, b) => b.length - a.length);
    return level;
  }

  insert(words, length, value) {
    const { keyOf, values } = this.#level(length);
    values.set(keyOf(words, 0), value);
    if (length > NUMBER_BITS) this.#startsOfLong.add(this.#startOf(words, 0));
  }

  has(words, length) {
    const { keyOf, values } = this.#level(length);
    return values.has(keyOf(words, 0));
  }

  /** Whether the prefix was there. */
  delete(words, length) {
    const { keyOf, values } = this.#level(length);
    return values.delete(keyOf(words, 0));
  }

  /** The value for the address that begins at `words[at]`, NO_ROUTE where no prefix holds it. */
  lookup(words, at = 0) {
    const maybeLong = this.#startsOfLong.size > 0 && this.#startsOfLong.has(this.#startOf(words, at));
    for (const { length, keyOf, values } of this.#levels) {
      if (length > NUMBER_BITS && !maybeLong) continue;
      const value = values.get(keyOf(words, at));
      if (value !== undefined) return value;
    }
    return NO_ROUTE;
  }
}
