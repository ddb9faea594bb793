/** A seeded generator (mulberry32): the same seed makes the same table in every browser. */
export class Random {
  #state: number;

  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** A whole number of 32 bits. */
  word(): number {
    this.#state = (this.#state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(this.#state ^ (this.#state >>> 15), this.#state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return (mixed ^ (mixed >>> 14)) >>> 0;
  }

  /** A whole number below a bound, which may have up to 48 bits. */
  below(bound: number): number {
    if (bound <= 2 ** 32) return Math.floor((this.word() / 2 ** 32) * bound);
    return Math.floor(((this.word() * 2 ** 16 + (this.word() & 0xffff)) / 2 ** 48) * bound);
  }
}
