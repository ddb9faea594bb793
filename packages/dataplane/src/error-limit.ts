/**
 * How many ICMP errors a host may send: a token bucket, as Linux's own (net.ipv4.icmp_msgs_per_sec and
 * icmp_msgs_burst, icmp(7); RFC 1812 section 4.3.2.8).
 */

const PER_SECOND = 1000;
const BURST = 50;

export class ErrorLimit {
  readonly #nowMs: () => number;
  #tokens = BURST;
  #filledMs: number;

  constructor(nowMs: () => number) {
    this.#nowMs = nowMs;
    this.#filledMs = nowMs();
  }

  /** How many may be sent now. A clock that is set back gives none. */
  get left(): number {
    const now = this.#nowMs();
    const gained = (Math.max(0, now - this.#filledMs) * PER_SECOND) / 1000;
    this.#tokens = Math.min(BURST, this.#tokens + gained);
    this.#filledMs = now;
    return Math.floor(this.#tokens);
  }

  spend(count: number): void {
    this.#tokens -= count;
  }
}
