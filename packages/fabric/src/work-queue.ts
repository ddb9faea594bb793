/** What is to be done and when, for one worker: work for an owner's rows, or a full comparison. The earlier date wins. */
import type { Clock } from './clock.js';
import { Wake } from './wake.js';

export interface Work {
  readonly full: boolean;
  readonly owners: readonly string[];
}

export class WorkQueue {
  readonly #clock: Clock;
  readonly #wake = new Wake();
  readonly #ownersDueMs = new Map<string, number>();
  #fullDueMs = Number.POSITIVE_INFINITY;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  requestFull(delayMs: number): void {
    this.#fullDueMs = Math.min(this.#fullDueMs, this.#clock.nowMs() + delayMs);
    this.#wake.ring();
  }

  request(owner: string, delayMs: number): void {
    const dueMs = this.#clock.nowMs() + delayMs;
    this.#ownersDueMs.set(owner, Math.min(this.#ownersDueMs.get(owner) ?? Number.POSITIVE_INFINITY, dueMs));
    this.#wake.ring();
  }

  /** Waits for the next work; undefined when the signal aborts. A full comparison leaves nothing else due. */
  async next(signal: AbortSignal): Promise<Work | undefined> {
    while (!signal.aborted) {
      const nowMs = this.#clock.nowMs();
      const work = this.#take(nowMs);
      if (work !== undefined) return work;
      await this.#wake.wait(this.#clock, this.#nextDueMs() - nowMs, signal);
    }
    return undefined;
  }

  #take(nowMs: number): Work | undefined {
    const owners = [...this.#ownersDueMs].filter(([, dueMs]) => dueMs <= nowMs).map(([owner]) => owner);
    const full = this.#fullDueMs <= nowMs;
    for (const owner of owners) this.#ownersDueMs.delete(owner);
    if (full) this.#fullDueMs = Number.POSITIVE_INFINITY;
    return full || owners.length > 0 ? { full, owners } : undefined;
  }

  #nextDueMs(): number {
    let dueMs = this.#fullDueMs;
    for (const ownerDueMs of this.#ownersDueMs.values()) dueMs = Math.min(dueMs, ownerDueMs);
    return dueMs;
  }
}
