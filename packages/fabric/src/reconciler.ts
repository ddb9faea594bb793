/**
 * The kernel side of a node: holds the rows there should be and makes the kernel agree, level-triggered.
 *
 * A lease event touches one peer's rows. A full snapshot is compared at start, when the kernel says that something
 * changed (at most a few times a second), after a lost watch, and every resync. What fails is tried again with back-off
 * for its owner alone.
 */
import {
  type Change,
  diff,
  type Failure,
  type Kernel,
  type Row,
  rowKey,
  type Scope,
  scopeOf,
} from '@podlan/linux/model';
import { BackOff } from './back-off.js';
import type { Clock } from './clock.js';
import { DesiredRows, HOST } from './desired-rows.js';
import { describeChange, isDrift, rowsByKind } from './drift.js';
import type { Counts, FailureState, ReconcileReport } from './node-state.js';
import { FIRST_RETRY_MS, freshTrouble, MOST_RETRY_MS, type Trouble } from './trouble.js';
import { WorkQueue } from './work-queue.js';

export interface ReconcilerOptions {
  readonly kernel: Kernel;
  readonly clock: Clock;
  readonly resyncMs: number;
  /** True when podlan's nftables table is this node's to keep, empty or not. */
  readonly ownsChains: boolean;
  readonly counts: Counts;
  readonly warn: (message: string) => void;
  readonly changed: () => void;
  /** Called after each full comparison. */
  readonly reconciled?: (report: ReconcileReport) => void;
}

/** Several events of one cause come together. */
const DEBOUNCE_MS = 50;
const FULL_INTERVAL_MS = 300;
/** Where each look finds new drift, somebody is fighting us: look more seldom. */
const MOST_FULL_INTERVAL_MS = 5_000;
/** Of a large cluster's state a look takes long, and events wait for it: it is made in one of so many parts of the time. */
const FULL_PARTS = 5;

export class Reconciler {
  readonly #options: ReconcilerOptions;
  readonly #queue: WorkQueue;
  readonly desired = new DesiredRows();
  /** The kernel's rows as last seen and changed, by key. */
  #believed = new Map<string, Row>();
  /** Keys whose desired row changed since, by owner. */
  readonly #touched = new Map<string, Set<string>>();
  readonly #troubles = new Map<string, Trouble>();
  readonly #fights = new BackOff(FULL_INTERVAL_MS, MOST_FULL_INTERVAL_MS);
  #fullIntervalMs = FULL_INTERVAL_MS;
  #lastFullMs = Number.NEGATIVE_INFINITY;
  #lastFullTookMs = 0;
  #kernelError: string | undefined;
  /** Until then nothing is known to be stale. */
  #hostIsSet = false;

  constructor(options: ReconcilerOptions) {
    this.#options = options;
    this.#queue = new WorkQueue(options.clock);
  }

  /** True once a full comparison went through without a failure of the host's own rows. */
  ready = false;

  get kernelError(): string | undefined {
    return this.#kernelError;
  }

  setHost(rows: readonly Row[]): void {
    this.desired.set(HOST, rows);
    this.#hostIsSet = true;
    this.ready = false;
    this.#queue.requestFull(0);
  }

  setPeer(key: string, rows: readonly Row[]): void {
    const touched = this.#touched.get(key) ?? new Set();
    for (const rowKey of this.desired.set(key, rows)) touched.add(rowKey);
    this.#touched.set(key, touched);
    this.#troubles.delete(key);
    if (touched.size > 0) this.#queue.request(key, 0);
  }

  statusOf(peer: string): { status: 'programmed' | 'pending' | 'failed'; reason?: string } {
    const [failure] = this.#troubles.get(peer)?.failures ?? [];
    if (failure !== undefined) return { status: 'failed', reason: failure.error.message };
    const rival = this.desired.rivalOf(peer);
    if (rival !== undefined) return { status: 'failed', reason: `wants a row that ${rival} has already` };
    const done =
      this.desired.keysOf(peer).every((key) => this.#believed.has(key)) && !this.#touched.has(peer);
    return { status: done ? 'programmed' : 'pending' };
  }

  failures(): FailureState[] {
    return [...this.#troubles].flatMap(([owner, { failures, backOff }]) =>
      failures.map(({ change, error }) => ({
        owner,
        change: describeChange(change),
        message: error.message,
        attempts: backOff.failures,
      })),
    );
  }

  async run(signal: AbortSignal): Promise<void> {
    await Promise.all([this.#work(signal), this.#watchKernel(signal)]);
  }

  async #work(signal: AbortSignal): Promise<void> {
    for (;;) {
      const work = await this.#queue.next(signal);
      if (work === undefined) return;
      if (!this.#hostIsSet) continue;
      if (work.full || work.owners.includes(HOST)) await this.#compareAll();
      else await this.#updateOwners(work.owners);
      this.#options.changed();
    }
  }

  async #watchKernel(signal: AbortSignal): Promise<void> {
    const backOff = new BackOff(FIRST_RETRY_MS, MOST_RETRY_MS);
    while (!signal.aborted) {
      try {
        for await (const table of this.#options.kernel.watch(signal)) {
          backOff.reset();
          if (table === 'link' || table === 'address') this.#retrySoon();
          this.#lookSoon();
        }
      } catch (error) {
        this.#options.warn(`kernel watch lost: ${(error as Error).message}`);
      }
      if (signal.aborted) return;
      this.#options.counts.watchesLost++;
      await this.#options.clock.sleep(backOff.next(), signal);
      this.#queue.requestFull(0);
    }
  }

  /** What failed for want of a link or an address may find it now. */
  #retrySoon(): void {
    for (const trouble of this.#troubles.values()) trouble.retryAtMs = 0;
  }

  #lookSoon(): void {
    const intervalMs = Math.max(this.#fullIntervalMs, FULL_PARTS * this.#lastFullTookMs);
    const earliestMs = this.#lastFullMs + intervalMs - this.#options.clock.nowMs();
    this.#queue.requestFull(Math.max(DEBOUNCE_MS, earliestMs));
  }

  async #compareAll(): Promise<void> {
    this.#lastFullMs = this.#options.clock.nowMs();
    let repaired: ReconcileReport['repaired'] = {};
    try {
      const actual = await this.#options.kernel.snapshot(this.#scope());
      this.#kernelError = undefined;
      repaired = rowsByKind(await this.#repair(actual));
      this.#queue.requestFull(this.#options.resyncMs);
    } catch (error) {
      this.#kernelError = (error as Error).message;
      this.#options.warn(`cannot read the kernel's state: ${this.#kernelError}`);
      this.#queue.requestFull(this.#troubleOf(HOST).backOff.next());
    }
    this.#lastFullTookMs = this.#options.clock.nowMs() - this.#lastFullMs;
    const error = this.#kernelError;
    this.#options.reconciled?.({
      tookMs: this.#lastFullTookMs,
      repaired,
      ...(error !== undefined && { error }),
    });
  }

  /** Returns the drift that was put right. */
  async #repair(actual: readonly Row[]): Promise<Change[]> {
    const { counts } = this.#options;
    const changes = diff(actual, this.desired.rows()).filter((change) => !this.#isWaiting(change));
    const drift = counts.reconciles === 0 ? [] : changes.filter((change) => this.#isDrift(change));
    counts.reconciles++;
    counts.driftRepaired += drift.length;
    this.#fullIntervalMs = drift.length === 0 ? FULL_INTERVAL_MS : this.#fights.next();
    if (drift.length === 0) this.#fights.reset();
    else
      this.#options.warn(
        `repairing ${drift.length} changes made by others, first: ${describeChange(drift[0]!)}`,
      );
    this.#believed = new Map(actual.map((row) => [rowKey(row), row]));
    const touched = [...this.#touched.keys()].filter((owner) => !this.#isResting(owner));
    const failed = await this.#apply(changes, [HOST, ...touched, ...this.#dueTroubles()]);
    this.ready ||= !this.#troubles.has(HOST);
    return drift.filter((change) => !failed.has(change));
  }

  async #updateOwners(owners: readonly string[]): Promise<void> {
    const keys = owners.flatMap((owner) => [
      ...(this.#touched.get(owner) ?? []),
      ...this.desired.keysOf(owner),
    ]);
    const unique = [...new Set(keys)];
    const old = unique.map((key) => this.#believed.get(key)).filter((row) => row !== undefined);
    const wanted = unique.map((key) => this.desired.row(key)).filter((row) => row !== undefined);
    await this.#apply(diff(old, wanted), owners);
  }

  /**
   * Applies the changes and settles the accounts of `owners`: those without a failure have none left to retry. Returns
   * the changes that failed.
   */
  async #apply(changes: readonly Change[], owners: readonly string[]): Promise<ReadonlySet<Change>> {
    const failures = changes.length === 0 ? [] : await this.#tryApply(changes);
    const failed = new Set(failures.map(({ change }) => change));
    this.#options.counts.changesApplied += changes.length - failed.size;
    this.#options.counts.changesFailed += failed.size;
    for (const change of changes) if (!failed.has(change)) this.#believe(change);
    const byOwner = new Map<string, Failure[]>();
    for (const failure of failures) {
      const owner = this.#blame(failure.change, owners);
      byOwner.set(owner, [...(byOwner.get(owner) ?? []), failure]);
    }
    for (const owner of owners) if (!byOwner.has(owner)) this.#settle(owner);
    for (const [owner, list] of byOwner) this.#retryLater(owner, list);
    return failed;
  }

  async #tryApply(changes: readonly Change[]): Promise<Failure[]> {
    try {
      return await this.#options.kernel.apply(changes);
    } catch (cause) {
      const error = cause instanceof Error ? cause : new Error(String(cause));
      return changes.map((change) => ({ change, error }));
    }
  }

  #believe({ op, row }: Change): void {
    const key = rowKey(row);
    if (op === 'delete' && this.desired.row(key) === undefined) this.#believed.delete(key);
    else if (op !== 'delete') this.#believed.set(key, row);
  }

  #blame({ row }: Change, owners: readonly string[]): string {
    const key = rowKey(row);
    const toucher = owners.find((owner) => this.#touched.get(owner)?.has(key));
    return this.desired.ownerOf(key) ?? toucher ?? HOST;
  }

  #settle(owner: string): void {
    this.#touched.delete(owner);
    this.#troubles.delete(owner);
  }

  #retryLater(owner: string, failures: readonly Failure[]): void {
    const trouble = this.#troubleOf(owner);
    const delayMs = trouble.backOff.next();
    trouble.failures = failures;
    trouble.retryAtMs = this.#options.clock.nowMs() + delayMs;
    const { change, error } = failures[0]!;
    this.#options.warn(
      `${owner}: ${describeChange(change)} failed, again in ${delayMs} ms: ${error.message}`,
    );
    if (owner === HOST) this.#queue.requestFull(delayMs);
    else this.#queue.request(owner, delayMs);
  }

  #troubleOf(owner: string): Trouble {
    const known = this.#troubles.get(owner);
    if (known !== undefined) return known;
    const fresh = freshTrouble(owner);
    this.#troubles.set(owner, fresh);
    return fresh;
  }

  /** A peer in back-off is left alone by full comparisons, too. */
  #isWaiting({ row }: Change): boolean {
    if (this.#troubles.size === 0) return false;
    const owner = this.desired.ownerOf(rowKey(row));
    return owner !== undefined && owner !== HOST && this.#isResting(owner);
  }

  #isResting(owner: string): boolean {
    return (this.#troubles.get(owner)?.retryAtMs ?? 0) > this.#options.clock.nowMs();
  }

  #dueTroubles(): string[] {
    return [...this.#troubles.keys()].filter((owner) => !this.#isResting(owner));
  }

  #isDrift(change: Change): boolean {
    const key = rowKey(change.row);
    return isDrift(change, this.#believed.get(key), this.desired.row(key));
  }

  #scope(): Scope {
    const scope = scopeOf(this.desired.rows());
    return { ...scope, chains: scope.chains || this.#options.ownsChains };
  }
}
