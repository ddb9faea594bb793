/** A counter that never goes back, of one that begins anew with whoever counts. */
export class Rising {
  #counter: unknown;
  #before = 0;
  #last = 0;

  /** Takes what `counter` (anything that tells one who counts from the next) has counted; returns the sum over all. */
  take(counter: unknown, value: number): number {
    if (counter !== this.#counter || value < this.#last) this.#before += this.#last;
    this.#counter = counter;
    this.#last = value;
    return this.#before + value;
  }
}

/** By name, and with those that were looked at longest ago forgotten beyond `most`. */
export class RisingSet {
  readonly #sums = new Map<string, Rising>();
  readonly #most: number;

  constructor(most = Number.POSITIVE_INFINITY) {
    this.#most = most;
  }

  take(name: string, counter: unknown, value: number): number {
    const sum = this.#sums.get(name) ?? new Rising();
    this.#sums.delete(name);
    this.#sums.set(name, sum);
    if (this.#sums.size > this.#most) this.#sums.delete(this.#sums.keys().next().value!);
    return sum.take(counter, value);
  }
}
