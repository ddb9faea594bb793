/**
 * Time that stands still until it is moved. Packets on their way and loops that sleep come to their turn by time, then in
 * the order in which they came: the same run twice is the same to the byte.
 */
import type { Clock } from '@podlan/fabric';
import { Agenda, type Appointment, isBefore } from './agenda.js';

/** More than any cluster at rest does in one go: frames that go round for ever. */
const MOST_ACTIONS = 20_000_000;

/**
 * A clock for `runNode`, and for packets.
 * @example
 * ```ts
 * import { SimClock } from '@podlan/simulator';
 *
 * const clock = new SimClock();
 * const seen: number[] = [];
 * clock.at(20, () => seen.push(clock.nowMs()));
 * clock.at(10, () => seen.push(clock.nowMs()));
 * await clock.advance(15);
 * seen; // => [10]
 * clock.run();
 * seen; // => [10, 20]
 *
 * const awake = clock.sleep(1000).then(() => clock.nowMs());
 * await clock.advance(2000);
 * await awake; // => 1020
 * await clock.outside(Promise.resolve('compiled')); // => 'compiled'
 * ```
 */
export class SimClock implements Clock {
  #nowMs: number;
  #count = 0;
  readonly #packets = new Agenda();
  readonly #sleepers = new Agenda();
  readonly #outside = new Set<Promise<unknown>>();

  constructor(nowMs = 0) {
    this.#nowMs = nowMs;
  }

  /** The time it was moved to. */
  nowMs(): number {
    return this.#nowMs;
  }

  /** Has `action` done `delayMs` from now, while time moves. Returns what cancels it. */
  at(delayMs: number, action: () => void): () => void {
    return this.#appoint(this.#packets, delayMs, action);
  }

  /** Resolves when time has moved on by `ms`, or when `signal` aborts. */
  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      if (signal?.aborted) return resolve();
      const wake = () => {
        cancel();
        signal?.removeEventListener('abort', wake);
        resolve();
      };
      const cancel = this.#appoint(this.#sleepers, ms, wake);
      signal?.addEventListener('abort', wake);
    });
  }

  /** Time does not move before `work` has ended: what is waited for from outside, as a module to be compiled. */
  async outside<T>(work: Promise<T>): Promise<T> {
    this.#outside.add(work);
    try {
      return await work;
    } finally {
      this.#outside.delete(work);
    }
  }

  /**
   * Moves on as long as packets are on their way or wait for something, at most by `ms`, or until `isDone` says so. Loops
   * sleep on, and wake late when time is next moved by `advance`.
   */
  run(ms = Number.POSITIVE_INFINITY, isDone: () => boolean = () => false): void {
    const untilMs = this.#nowMs + ms;
    for (let actions = 0; !isDone(); actions++) {
      const next = this.#packets.next();
      if (next === undefined || next.atMs > untilMs) return;
      if (actions > MOST_ACTIONS) throw new RangeError('frames go round in this network without an end');
      this.#do(this.#packets.take());
    }
  }

  /** Moves on by `ms`; loops wake at their time, and what they do comes to rest before time goes on. */
  async advance(ms: number): Promise<void> {
    const untilMs = this.#nowMs + ms;
    await this.#comeToRest();
    for (let next = this.#next(); next && next.atMs <= untilMs; next = this.#next()) {
      if (this.#doAllOf(next.atMs)) await this.#comeToRest();
    }
    this.#nowMs = Math.max(this.#nowMs, untilMs);
  }

  /** Returns whether a loop woke. */
  #doAllOf(momentMs: number): boolean {
    let woken = false;
    for (let next = this.#next(); next !== undefined && next.atMs <= momentMs; next = this.#next()) {
      const isPacket = next === this.#packets.next();
      woken ||= !isPacket;
      this.#do((isPacket ? this.#packets : this.#sleepers).take());
    }
    return woken;
  }

  #do({ atMs, action }: Appointment): void {
    this.#nowMs = Math.max(this.#nowMs, atMs);
    action?.();
  }

  #next(): Appointment | undefined {
    const [packet, sleeper] = [this.#packets.next(), this.#sleepers.next()];
    if (packet === undefined || sleeper === undefined) return packet ?? sleeper;
    return isBefore(packet, sleeper) ? packet : sleeper;
  }

  #appoint(agenda: Agenda, delayMs: number, action: () => void): () => void {
    const atMs = this.#nowMs + Math.max(0, delayMs);
    const appointment: Appointment = { atMs, number: this.#count++, action };
    agenda.add(appointment);
    return () => {
      appointment.action = undefined;
    };
  }

  async #comeToRest(): Promise<void> {
    do {
      await Promise.allSettled([...this.#outside]);
      await nextTurn();
    } while (this.#outside.size > 0);
  }
}

/** Every promise that can go on without time passing has gone on by then. */
function nextTurn(): Promise<void> {
  return new Promise((resolve) => {
    const channel = new MessageChannel();
    channel.port1.onmessage = () => {
      channel.port1.close();
      resolve();
    };
    channel.port2.postMessage(undefined);
  });
}
