/**
 * Longest-prefix match as one writes it first in JavaScript: a Map for each prefix length, asked from the longest to
 * the shortest. What the route table is compared with, and what tells whether a prefix has been generated before.
 */
import { ADDRESS_BITS, type Family } from './address-number';

interface Level {
  readonly length: number;
  /** A network's number is the address's, divided by this. */
  readonly divisor: number;
  readonly values: Map<number, number>;
}

export class LengthMaps {
  /** Longest first. */
  readonly #levels: Level[] = [];
  readonly #bits: number;

  constructor(family: Family) {
    this.#bits = ADDRESS_BITS[family];
  }

  #level(length: number): Level {
    const known = this.#levels.find((level) => level.length === length);
    if (known !== undefined) return known;
    const level = { length, divisor: 2 ** (this.#bits - length), values: new Map<number, number>() };
    this.#levels.push(level);
    this.#levels.sort((a, b) => b.length - a.length);
    return level;
  }

  /** Whether the prefix is new; if it isn't, its value stays what it is. */
  add(address: number, length: number, value: number): boolean {
    const { divisor, values } = this.#level(length);
    const network = Math.floor(address / divisor);
    if (values.has(network)) return false;
    values.set(network, value);
    return true;
  }

  lookup(address: number): number | undefined {
    for (const { divisor, values } of this.#levels) {
      const value = values.get(Math.floor(address / divisor));
      if (value !== undefined) return value;
    }
    return undefined;
  }
}
