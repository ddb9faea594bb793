/** Removes what a node made: all rows in its scope, and its lease. The opposite of running one, for `--cleanup`. */
import { diff, type Failure, type Kernel, type Row, scopeOf } from '@podlan/linux/model';
import type { IpPrefix } from '@podlan/wire';
import { ownLease } from './allocation.js';
import type { Backend } from './backend.js';
import type { Lease, LeaseStore } from './lease.js';

/** What the node was run with. `previous`: its subnets, from subnet.env, should the store be away. */
export interface CleanupOptions {
  readonly kernel: Kernel;
  readonly store: LeaseStore;
  readonly backend: Backend;
  readonly previous?: readonly IpPrefix[];
}

/** Rows that are gone, and changes that could not be made. */
export interface RemovedRows {
  readonly removed: readonly Row[];
  readonly failures: readonly Failure[];
}

/** What was done, and what could not be. */
export interface CleanupResult extends RemovedRows {
  readonly released?: Lease;
  /** Why the lease could not be looked up or released; the rows are removed all the same. */
  readonly storeError?: Error;
}

/**
 * Removes the node's rows from the kernel, then releases its lease. What fails is in the result; it rejects only where
 * the kernel's state can't be read.
 * @example
 * ```ts
 * import { cleanup, createBackend, MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
 * import { MemoryKernel } from '@podlan/linux/model';
 * import { parseIpAddress, parseMacAddress } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const node = { publicIps: [parseIpAddress('192.168.77.11')!], externalInterface: { name: 'eth0', mtu: 1500 } };
 * const randomMac = () => parseMacAddress('02:00:00:00:00:01')!;
 * const backend = createBackend({ config, node, dataplane: 'kernel', randomMac });
 * const kernel = new MemoryKernel();
 * const store = new MemoryLeaseStore({ config });
 * const lease = await store.acquire({ attributes: backend.leaseAttributes(undefined), previous: [] });
 * await kernel.apply(backend.hostState(lease).map((row) => ({ op: 'add', row })));
 *
 * const { released, failures } = await cleanup({ kernel, store, backend });
 * released?.subnets; // => ['10.244.1.0/24']
 * failures; // => []
 * kernel.rows; // => []
 * ```
 */
export async function cleanup(options: CleanupOptions): Promise<CleanupResult> {
  const own = await attempt(() => findOwnLease(options));
  const rows = await removeOwn(options, own.value);
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
      return ownLease(store, first.leases, attributes);
    }
    return undefined;
  } finally {
    stop.abort();
  }
}

/** Which devices are ours does not depend on the lease. */
function removeOwn({ kernel, backend, previous = [] }: CleanupOptions, own: Lease | undefined) {
  const lease = own ?? { subnets: previous, attributes: backend.leaseAttributes(undefined) };
  return removeRows(kernel, scopeOf(backend.hostState(lease)).devices);
}

/**
 * Removes what `cleanup` does from the kernel, where it can't be asked for: the devices named and what is on them, routes
 * of podlan's protocol number, podlan's nftables table. Rejects where the kernel's state can't be read.
 * @example
 * ```ts
 * import { removeRows } from '@podlan/fabric';
 * import { type Link, MemoryKernel } from '@podlan/linux/model';
 *
 * const link: Link = { kind: 'link', type: 'tap', name: 'flannel.1', mtu: 1450, up: true };
 * const kernel = new MemoryKernel();
 * await kernel.apply([{ op: 'add', row: link }]);
 *
 * await removeRows(kernel, ['flannel.1']); // => { removed: [link], failures: [] }
 * kernel.rows; // => []
 * ```
 */
export async function removeRows(kernel: Kernel, devices: readonly string[]): Promise<RemovedRows> {
  // Sysctls stay as they are, or go with their device.
  const changes = diff(await kernel.snapshot({ devices, sysctls: [], chains: true }), []);
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
