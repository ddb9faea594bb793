/** A watch as a series of lists: each is compared with the last, so that whatever happened in between is seen. */
import type { Clock } from '../clock.js';
import type { Lease, LeaseEvent } from '../lease.js';
import { formatLeaseKey, formatLeaseValue } from '../lease-json.js';

export interface LeaseSource {
  /** The leases in force; a list that was given out never changes. */
  list(): readonly Lease[];
  /** Returns when the list may have changed, at the latest after `ms`, or when the signal aborts. */
  wait(ms: number, signal: AbortSignal): Promise<void>;
  readonly clock: Clock;
  /** How long to wait when nothing expires sooner. */
  readonly pollMs: number;
}

export async function* watchLeases(
  source: LeaseSource,
  signal: AbortSignal,
): AsyncGenerator<readonly LeaseEvent[]> {
  let leases = source.list();
  yield [{ type: 'snapshot', leases }];
  while (!signal.aborted) {
    await source.wait(untilNextLook(source, leases), signal);
    if (signal.aborted) return;
    const next = source.list();
    const events = eventsBetween(leases, next);
    leases = next;
    if (events.length > 0) yield events;
  }
}

/** Those who watch one store in one process come from the same list to the same list. */
const comparisons = new WeakMap<
  readonly Lease[],
  { after: readonly Lease[]; events: readonly LeaseEvent[] }
>();

function eventsBetween(before: readonly Lease[], after: readonly Lease[]): readonly LeaseEvent[] {
  const known = comparisons.get(before);
  if (known?.after === after) return known.events;
  const events = compareLeases(before, after);
  comparisons.set(before, { after, events });
  return events;
}

/** Deletions first: a subnet may have gone from one key to another. */
export function compareLeases(before: readonly Lease[], after: readonly Lease[]): LeaseEvent[] {
  const old = byKey(before);
  const now = byKey(after);
  const deletes = before.filter((lease) => !now.has(formatLeaseKey(lease.subnets)));
  const puts = after.filter((lease) => {
    const known = old.get(formatLeaseKey(lease.subnets));
    return known === undefined || !sameLease(known, lease);
  });
  return [
    ...deletes.map((lease) => ({ type: 'delete' as const, lease })),
    ...puts.map((lease) => ({ type: 'put' as const, lease })),
  ];
}

export function isInForce(lease: Lease, nowMs: number): boolean {
  return lease.expiresAtMs === undefined || lease.expiresAtMs > nowMs;
}

function byKey(leases: readonly Lease[]): Map<string, Lease> {
  return new Map(leases.map((lease) => [formatLeaseKey(lease.subnets), lease]));
}

function sameLease(a: Lease, b: Lease): boolean {
  return a === b || (a.expiresAtMs === b.expiresAtMs && formatLeaseValue(a) === formatLeaseValue(b));
}

function untilNextLook(source: LeaseSource, leases: readonly Lease[]): number {
  return Math.max(1, Math.min(source.pollMs, firstExpiry(leases) - source.clock.nowMs()));
}

const expiries = new WeakMap<readonly Lease[], number>();

/** When the first of them expires, in milliseconds since the epoch; Infinity where none does. */
export function firstExpiry(leases: readonly Lease[]): number {
  const known = expiries.get(leases);
  if (known !== undefined) return known;
  let first = Number.POSITIVE_INFINITY;
  for (const { expiresAtMs } of leases) if (expiresAtMs !== undefined) first = Math.min(first, expiresAtMs);
  expiries.set(leases, first);
  return first;
}
