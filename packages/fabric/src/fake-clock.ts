/** A clock that stands still until it is moved, for tests. */
import type { Clock } from './clock.js';

interface Sleeper {
  readonly atMs: number;
  readonly wake: () => void;
}

/**
 * Milliseconds from `nowMs` on, 0 by default.
 * @example In a test file
 * ```ts
 * import { FakeClock } from '@podlan/fabric/testing';
 * import { expect, test } from 'vitest';
 *
 * test('a sleeper wakes at its time', async () => {
 *   const clock = new FakeClock();
 *   let wokenAtMs: number | undefined;
 *   const sleeping = clock.sleep(500).then(() => (wokenAtMs = clock.nowMs()));
 *   await clock.advance(499);
 *   expect(wokenAtMs).toBeUndefined();
 *   await clock.advance(1000);
 *   await sleeping;
 *   expect(wokenAtMs).toBe(500);
 * });
 * ```
 */
export class FakeClock implements Clock {
  readonly #sleepers = new Set<Sleeper>();
  #nowMs: number;

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  /** The time it was moved to. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Resolves when it is moved on by `ms`, or when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        this.#sleepers.delete(sleeper);
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const sleeper = { atMs: this.#nowMs + Math.max(0, ms), wake };
      this.#sleepers.add(sleeper);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Moves on by `ms`, waking each sleeper at its time and letting what it does come to rest. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await comeToRest();
    for (let next = this.#next(untilMs); next !== undefined; next = this.#next(untilMs)) {
      this.#nowMs = Math.max(this.#nowMs, next.atMs);
      next.wake();
      await comeToRest();
    }
    this.#nowMs = untilMs;
  }

  #next(untilMs: number): Sleeper | undefined {
    const due = [...this.#sleepers].filter(({ atMs }) => atMs <= untilMs);
    return due.reduce<Sleeper | undefined>((a, b) => (a === undefined || b.atMs < a.atMs ? b : a), undefined);
  }
}

/** Every promise that can go on without time passing has gone on after a few turns of the event loop. */
async function comeToRest(): Promise<void> {
  for (let turn = 0; turn < 4; turn++) await new Promise((resolve) => setImmediate(resolve));
}
