/** Waiting times that double with each failure in a row. */
export class BackOff {
  readonly #firstMs: number;
  readonly #mostMs: number;
  #failures = 0;

  constructor(firstMs: number, mostMs: number) {
    this.#firstMs = firstMs;
    this.#mostMs = mostMs;
  }

  get failures(): number {
    return this.#failures;
  }

  /** Counts one more failure; returns how long to wait after it. */
  next(): number {
    const delayMs = Math.min(this.#mostMs, this.#firstMs * 2 ** Math.min(this.#failures, 30));
    this.#failures++;
    return delayMs;
  }

  reset(): void {
    this.#failures = 0;
  }
}
