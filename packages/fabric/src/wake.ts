/** A bell: rung by whoever changed something, waited for by a loop that looks again. Rings are remembered, once. */
import type { Clock } from './clock.js';

export class Wake {
  #rung = false;
  #waiting: AbortController | undefined;

  ring(): void {
    if (this.#rung) return;
    this.#rung = true;
    this.#waiting?.abort();
  }

  /** Returns after `ms`, at a ring (true), or when `signal` aborts. */
  async wait(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
    if (!this.#rung && !signal.aborted) {
      this.#waiting = new AbortController();
      const stop = () => this.#waiting?.abort();
      signal.addEventListener('abort', stop);
      await clock.sleep(ms, this.#waiting.signal);
      signal.removeEventListener('abort', stop);
      this.#waiting = undefined;
    }
    const rung = this.#rung;
    this.#rung = false;
    return rung;
  }
}
