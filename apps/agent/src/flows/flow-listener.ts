/** Somebody who is told of flows. What it can't be told is counted, and told in its place as soon as it takes more. */
import { type FlowLosses, lossesOf, lostEvent, NO_LOSSES, sumOf } from './flow-losses.js';
import type { FlowEvent } from './flow-report.js';

/** Takes as many lines as it can, from the first on; answers how many. */
export type TakeLines = (lines: readonly string[]) => number;

export const lineOf = (event: object): string => `${JSON.stringify(event)}\n`;

export class FlowListener {
  readonly #take: TakeLines;
  #lost = NO_LOSSES;
  #isUntold = false;

  constructor(take: TakeLines) {
    this.#take = take;
  }

  /** `lines` are those of the events; `missed` is what there are no events of. Returns how many events it did not take. */
  tell(events: readonly FlowEvent[], lines: readonly string[], missed: FlowLosses): number {
    this.#lose(missed);
    const first = this.untold();
    const all = [...first, ...lines];
    const taken = all.length === 0 ? 0 : this.#take(all);
    if (taken > 0) this.#isUntold = false;
    const rest = events.slice(Math.max(0, taken - first.length));
    this.#lose(lossesOf(rest));
    return rest.length;
  }

  /** The line that has still to be told, if there is one. */
  untold(): string[] {
    return this.#isUntold ? [lineOf(lostEvent(this.#lost, Date.now()))] : [];
  }

  #lose(more: FlowLosses): void {
    if (more.flows === 0) return;
    this.#lost = sumOf(this.#lost, more);
    this.#isUntold = true;
  }
}
