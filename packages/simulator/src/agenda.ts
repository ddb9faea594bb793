/** What is to be done and when: by time, then in the order in which it was appointed. A binary heap. */
export interface Appointment {
  readonly atMs: number;
  readonly number: number;
  /** Undefined once it was cancelled. */
  action: (() => void) | undefined;
}

export class Agenda {
  readonly #heap: Appointment[] = [];

  add(appointment: Appointment): void {
    this.#heap.push(appointment);
    this.#rise(this.#heap.length - 1);
  }

  /** The next one that stands. */
  next(): Appointment | undefined {
    while (this.#heap.length > 0 && this.#heap[0]!.action === undefined) this.take();
    return this.#heap[0];
  }

  /** Takes the first one off. */
  take(): Appointment {
    const first = this.#heap[0]!;
    const last = this.#heap.pop()!;
    if (this.#heap.length > 0) {
      this.#heap[0] = last;
      this.#sink(0);
    }
    return first;
  }

  #rise(from: number): void {
    for (let at = from; at > 0; ) {
      const parent = (at - 1) >> 1;
      if (!isBefore(this.#heap[at]!, this.#heap[parent]!)) return;
      this.#swap(at, parent);
      at = parent;
    }
  }

  #sink(from: number): void {
    for (let at = from; ; ) {
      const first = this.#earliest(at, at * 2 + 1, at * 2 + 2);
      if (first === at) return;
      this.#swap(at, first);
      at = first;
    }
  }

  #earliest(...places: readonly number[]): number {
    const taken = places.filter((place) => place < this.#heap.length);
    return taken.reduce((a, b) => (isBefore(this.#heap[b]!, this.#heap[a]!) ? b : a));
  }

  #swap(a: number, b: number): void {
    const kept = this.#heap[a]!;
    this.#heap[a] = this.#heap[b]!;
    this.#heap[b] = kept;
  }
}

export const isBefore = (a: Appointment, b: Appointment): boolean =>
  a.atMs < b.atMs || (a.atMs === b.atMs && a.number < b.number);
