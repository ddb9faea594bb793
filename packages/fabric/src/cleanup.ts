/** Removes what a node made: all rows in its scope, and its lease. The opposite of running one, for `--cleanup`. */
import { diff, type Failure, type Kernel, type Row, scopeOf } from '@podlan/linux/model';
import type { IpPrefix } from '@podlan/wire';
import { isSameNode } from './allocation.js';
import type { Backend } from './backend.js';
import type { Lease, LeaseStore } from './lease.js';

export interface CleanupOptions {
  readonly kernel: Kernel;
  readonly store: LeaseStore;
  readonly backend: Backend;
  readonly previous?: readonly IpPrefix[];
}

export interface CleanupResult {
  readonly removed: readonly Row[];
  readonly failures: readonly Failure[];
  readonly released?: Lease;
  /** Why the lease could not be looked up or released; the rows are removed all the same. */
  readonly storeError?: Error;
}

export async function cleanup(options: CleanupOptions): Promise<CleanupResult> {
  const own = await attempt(() => findOwnLease(options));
  const rows = await removeRows(options, own.value);
  const lease = own.value;
  const release = await attempt(async () => lease && options.store.release(lease));
  const storeError = own.error ?? release.error;
  return {
    ...rows,
    ...(lease === undefined || release.error !== undefined ? {} : { released: lease }),
    ...(storeError === undefined ? {} : { storeError }),
  };
}

async function findOwnLease({ store, backend }: CleanupOptions): Promise<Lease | undefined> {
  const attributes = backend.leaseAttributes(undefined);
  const stop = new AbortController();
  try {
    for await (const [first] of store.watch(stop.signal)) {
      if (first?.type !== 'snapshot') return undefined;
      return first.leases.find((lease) => isSameNode(lease.attributes, attributes));
    }
    return undefined;
  } finally {
    stop.abort();
  }
}

/** Which devices are ours does not depend on the lease; sysctls stay as they are, or go with their device. */
async function removeRows({ kernel, backend, previous = [] }: CleanupOptions, own: Lease | undefined) {
  const lease = own ?? { subnets: previous, attributes: backend.leaseAttributes(undefined) };
  const scope = { ...scopeOf(backend.hostState(lease)), sysctls: [], chains: true };
  const changes = diff(await kernel.snapshot(scope), []);
  const failures = await kernel.apply(changes);
  const failed = new Set(failures.map(({ change }) => change));
  return { removed: changes.filter((change) => !failed.has(change)).map(({ row }) => row), failures };
}

async function attempt<T>(work: () => Promise<T>): Promise<{ value?: T; error?: Error }> {
  try {
    return { value: await work() };
  } catch (error) {
    return { error: error as Error };
  }
}
