/** A lease store in this process's memory, for tests and simulated clusters: several nodes share one. */
import { chooseSubnets, isSameNode } from '../allocation.js';
import { type Clock, systemClock } from '../clock.js';
import { controllerUnder } from '../controller-under.js';
import { type Lease, LeaseError, type LeaseEvent, type LeaseRequest, type LeaseStore } from '../lease.js';
import { formatLeaseKey } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import { Wake } from '../wake.js';
import { isInForce, watchLeases } from './lease-watch.js';

/** `leaseTtlSeconds`: a day by default, as in flannel. */
export interface MemoryStoreOptions {
  readonly config: NetworkConfig;
  readonly clock?: Clock;
  readonly leaseTtlSeconds?: number;
}

/** flannel's. */
export const DEFAULT_LEASE_TTL_SECONDS = 24 * 60 * 60;

const HOUR_MS = 60 * 60 * 1000;

/**
 * Allocates and expires leases. Gone with the process.
 * @example
 * ```ts
 * import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const store = new MemoryLeaseStore({ config, leaseTtlSeconds: 600 });
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.11')! }];
 * const lease = await store.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] });
 * lease.subnets; // => ['10.244.1.0/24']
 * const { expiresAtMs = 0 } = await store.renew(lease);
 * expiresAtMs > Date.now(); // => true
 *
 * for await (const events of store.watch(new AbortController().signal)) {
 *   events.map(({ type }) => type); // => ['snapshot']
 *   await store.close();
 * }
 * await store.release(lease);
 * store.list(); // => []
 *
 * // As another program might change it, behind the node's back.
 * store.put(lease);
 * store.delete(lease);
 * ```
 */
export class MemoryLeaseStore implements LeaseStore {
  readonly #config: NetworkConfig;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #leases = new Map<string, Lease>();
  readonly #watchers = new Set<Wake>();
  readonly #closed = new AbortController();

  constructor(options: MemoryStoreOptions) {
    this.#config = options.config;
    this.#clock = options.clock ?? systemClock;
    this.#ttlMs = (options.leaseTtlSeconds ?? DEFAULT_LEASE_TTL_SECONDS) * 1000;
  }

  /** Throws LeaseError `out-of-subnets`. */
  async acquire(request: LeaseRequest): Promise<Lease> {
    const inForce = this.list();
    const subnets = chooseSubnets(this.#config, inForce, request);
    const lease = this.#stamp({ subnets, attributes: request.attributes });
    const own = inForce.filter((other) => isSameNode(other.attributes, request.attributes));
    for (const { subnets } of own) this.#leases.delete(formatLeaseKey(subnets));
    return this.put(lease);
  }

  /** Throws LeaseError `lease-lost`. */
  async renew(lease: Lease): Promise<Lease> {
    this.#requireOwn(lease);
    return this.put(this.#stamp(lease));
  }

  /** Nothing where the lease is not the caller's. */
  async release(lease: Lease): Promise<void> {
    if (this.#isOwn(lease)) this.delete(lease);
  }

  /** A snapshot of all leases, then every change. Ends when `signal` aborts and when the store is closed. */
  watch(signal: AbortSignal): AsyncIterable<readonly LeaseEvent[]> {
    const wake = new Wake();
    this.#watchers.add(wake);
    const source = {
      list: () => this.list(),
      wait: async (ms: number, until: AbortSignal) => void (await wake.wait(this.#clock, ms, until)),
      clock: this.#clock,
      pollMs: HOUR_MS,
    };
    return watchLeases(source, controllerUnder(signal, this.#closed.signal).signal);
  }

  /** Ends all watches. */
  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** The leases in force. */
  list(): Lease[] {
    const nowMs = this.#clock.nowMs();
    return [...this.#leases.values()].filter((lease) => isInForce(lease, nowMs));
  }

  /** Writes a lease as it is, as another program might. */
  put(lease: Lease): Lease {
    this.#leases.set(formatLeaseKey(lease.subnets), lease);
    this.#ring();
    return lease;
  }

  /** Takes a lease away, as another program might. */
  delete(lease: Pick<Lease, 'subnets'>): void {
    this.#leases.delete(formatLeaseKey(lease.subnets));
    this.#ring();
  }

  #stamp(lease: Lease): Lease {
    return { ...lease, expiresAtMs: this.#clock.nowMs() + this.#ttlMs };
  }

  #isOwn(lease: Lease): boolean {
    const key = formatLeaseKey(lease.subnets);
    const held = this.list().find((other) => formatLeaseKey(other.subnets) === key);
    return held !== undefined && isSameNode(held.attributes, lease.attributes);
  }

  #requireOwn(lease: Lease): void {
    if (!this.#isOwn(lease)) throw leaseLost(lease);
  }

  #ring(): void {
    for (const wake of this.#watchers) wake.ring();
  }
}

export function leaseLost(lease: Lease): LeaseError {
  const key = formatLeaseKey(lease.subnets);
  return new LeaseError(
    'lease-lost',
    `lease ${key}: expected it to be ours, found it gone or another's; acquire again`,
  );
}
