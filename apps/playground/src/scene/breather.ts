/** Long work in pieces: between two of them the page draws, and answers whoever uses it. */

/** What a slow phone does in the time that nobody notices. */
const LONGEST_PIECE_MS = 8;

export class Breather {
  #since = performance.now();

  /** Goes on at once where the work did not take long as yet. */
  async breathe(): Promise<void> {
    if (performance.now() - this.#since < LONGEST_PIECE_MS) return;
    await new Promise<void>((resolve) => setTimeout(resolve));
    this.#since = performance.now();
  }
}
