/** This node's own lease: acquired, renewed before it ends, and acquired again when somebody took or changed it. */
import { isSameNode } from './allocation.js';
import { BackOff } from './back-off.js';
import type { Clock } from './clock.js';
import { type Lease, type LeaseAttributes, LeaseError, type LeaseRequest, type LeaseStore } from './lease.js';
import { formatLeaseValue } from './lease-json.js';
import type { Counts } from './node-state.js';
import { Wake } from './wake.js';

export interface OwnLeaseOptions {
  readonly store: LeaseStore;
  readonly clock: Clock;
  readonly counts: Counts;
  readonly renewMarginMs: number;
  /** Held by an earlier loop. */
  readonly earlier?: Lease;
  readonly request: () => LeaseRequest;
  /** What the node publishes now with a lease that it holds. */
  readonly attributes: (own: Lease) => LeaseAttributes;
  /** Called with each lease held, and the one before. */
  readonly held: (lease: Lease, before: Lease | undefined) => void;
  /** May throw, where there is no point in going on. */
  readonly failed: (error: Error) => void;
}

const FIRST_RETRY_MS = 200;
const MOST_RETRY_MS = 60_000;
/** Two nodes with one public address take the lease from each other; undisturbed for so long, it is over. */
const QUIET_MS = 60_000;

type Task = 'acquire' | 'renew';

export class OwnLease {
  readonly #options: OwnLeaseOptions;
  readonly #wake = new Wake();
  readonly #retry = new BackOff(FIRST_RETRY_MS, MOST_RETRY_MS);
  readonly #contest = new BackOff(FIRST_RETRY_MS, MOST_RETRY_MS);
  #lease: Lease | undefined;
  #earlier: Lease | undefined;
  #task: Task = 'acquire';
  #dueMs = Number.POSITIVE_INFINITY;
  /** True when what the node publishes may have changed since the store was last asked. */
  #outdated = false;
  #disturbedMs = Number.NEGATIVE_INFINITY;

  constructor(options: OwnLeaseOptions) {
    this.#options = options;
    this.#earlier = options.earlier;
  }

  get lease(): Lease | undefined {
    return this.#lease;
  }

  /** Unless it is planned already, and perhaps put off. */
  acquireSoon(): void {
    if (this.#task === 'acquire' && this.#dueMs !== Number.POSITIVE_INFINITY) return;
    this.#plan('acquire', 0);
  }

  /** Whatever was planned: what kept the node from its lease is over, or a better one is to be had. */
  acquireNow(): void {
    this.#plan('acquire', 0);
  }

  /** The store is there again: what was put off because it was not is done now. */
  retryNow(): void {
    if (this.#retry.failures === 0 || this.#dueMs === Number.POSITIVE_INFINITY) return;
    this.#retry.reset();
    this.#plan(this.#task, 0);
  }

  /** Has the store hold what the node publishes now. */
  publish(): void {
    this.#outdated = true;
    if (this.#lease !== undefined && this.#task === 'renew') this.#plan('renew', 0);
  }

  /** What the store holds under our key. */
  seen(stored: Lease | undefined): void {
    const own = this.#lease;
    if (own === undefined) return;
    if (stored !== undefined && [own, this.#current(own)].some((lease) => sameValue(lease, stored))) {
      this.#lease = stored;
      return;
    }
    const nowMs = this.#options.clock.nowMs();
    if (nowMs - this.#disturbedMs > QUIET_MS) this.#contest.reset();
    this.#disturbedMs = nowMs;
    const contested = this.#contest.failures > 0;
    const delayMs = this.#contest.next();
    this.#plan('acquire', contested ? delayMs : 0);
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock } = this.#options;
    while (!signal.aborted) {
      if (this.#dueMs <= clock.nowMs()) await this.#perform(this.#task);
      else await this.#wake.wait(clock, this.#dueMs - clock.nowMs(), signal);
    }
  }

  async #perform(task: Task): Promise<void> {
    const { store, counts, failed } = this.#options;
    this.#dueMs = Number.POSITIVE_INFINITY;
    this.#outdated = false;
    try {
      const renewing = task === 'renew' && this.#lease !== undefined;
      const lease = renewing ? await store.renew(this.#current(this.#lease!)) : await this.#acquire();
      if (renewing) counts.leasesRenewed++;
      else counts.leasesAcquired++;
      this.#hold(lease);
    } catch (error) {
      const lost = isLost(error);
      const isPlanned = this.#dueMs !== Number.POSITIVE_INFINITY;
      if (lost) this.#plan('acquire', 0);
      else if (!isPlanned) this.#plan(task, this.#retry.next());
      if (!lost) failed(error as Error);
    }
  }

  async #acquire(): Promise<Lease> {
    const { store, request } = this.#options;
    if (this.#earlier !== undefined) await this.#publishEarlier(this.#earlier);
    this.#earlier = undefined;
    return store.acquire(request());
  }

  /** By its new addresses the store would not know the node. */
  async #publishEarlier(earlier: Lease): Promise<void> {
    const current = this.#current(earlier);
    if (isSameNode(current.attributes, earlier.attributes)) return;
    await this.#options.store.renew(current).catch((error) => {
      if (!isLost(error)) throw error;
    });
  }

  #hold(lease: Lease): void {
    const before = this.#lease;
    this.#lease = lease;
    this.#retry.reset();
    if (this.#dueMs === Number.POSITIVE_INFINITY) this.#planRenewal(lease);
    if (this.#outdated) this.publish();
    this.#options.held(lease, before);
  }

  #current(own: Lease): Lease {
    return { ...own, attributes: this.#options.attributes(own) };
  }

  #planRenewal({ expiresAtMs }: Lease): void {
    this.#task = 'renew';
    if (expiresAtMs === undefined) return;
    const remainingMs = expiresAtMs - this.#options.clock.nowMs();
    this.#plan('renew', remainingMs - Math.min(this.#options.renewMarginMs, remainingMs / 2));
  }

  #plan(task: Task, delayMs: number): void {
    this.#task = task;
    this.#dueMs = this.#options.clock.nowMs() + delayMs;
    this.#wake.ring();
  }
}

const isLost = (error: unknown): boolean => error instanceof LeaseError && error.code === 'lease-lost';

const sameValue = (a: Lease, b: Lease): boolean => formatLeaseValue(a) === formatLeaseValue(b);
