/** A lease store in this process's memory, for tests and simulated clusters. */
import type { IpAddress, IpPrefix } from '@podlan/wire';
import { isReservation } from '../allocation.js';
import { type Clock, systemClock } from '../clock.js';
import { controllerUnder } from '../controller-under.js';
import type { AllocatingStore, Lease, LeaseEvent, LeaseRequest, OpenStore } from '../lease.js';
import { formatLeaseKey } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import { Wake } from '../wake.js';
import { type Claim, claimLease, claimReservation, leaseLost, vacated } from './claim.js';
import { firstExpiry, isInForce, watchLeases } from './lease-watch.js';
import { Written } from './written.js';

/** `leaseTtlSeconds`: a day by default, as in flannel. */
export interface MemoryStoreOptions {
  readonly config: NetworkConfig;
  readonly clock?: Clock;
  readonly leaseTtlSeconds?: number;
}

/** flannel's. */
export const DEFAULT_LEASE_TTL_SECONDS = 24 * 60 * 60;

const HOUR_MS = 60 * 60 * 1000;

/** What all clients of one store see. */
class Shared {
  readonly leases = new Map<string, Lease>();
  readonly watchers = new Set<Wake>();
  /** The same list as long as nothing changes, for all who ask. */
  #inForce: readonly Lease[] | undefined;

  inForce(nowMs: number): readonly Lease[] {
    if (this.#inForce === undefined || firstExpiry(this.#inForce) <= nowMs)
      this.#inForce = [...this.leases.values()].filter((lease) => isInForce(lease, nowMs));
    return this.#inForce;
  }

  put(lease: Lease): Lease {
    this.leases.set(formatLeaseKey(lease.subnets), lease);
    this.#ring();
    return lease;
  }

  delete({ subnets }: Pick<Lease, 'subnets'>): void {
    this.leases.delete(formatLeaseKey(subnets));
    this.#ring();
  }

  #ring(): void {
    this.#inForce = undefined;
    for (const wake of this.watchers) wake.ring();
  }
}

/**
 * Allocates and expires leases. Gone with the process. Each node is to have a client of its own.
 * @example
 * ```ts
 * import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const store = new MemoryLeaseStore({ config, leaseTtlSeconds: 600 });
 * const publicIps = [parseIpAddress('192.168.77.11')!];
 * const attributes = { backendType: 'vxlan', endpoints: [{ publicIp: publicIps[0]! }] };
 * const lease = await store.acquire({ attributes, previous: [] });
 * lease.subnets; // => ['10.244.1.0/24']
 * const { expiresAtMs = 0 } = await store.renew(lease);
 * expiresAtMs > Date.now(); // => true
 *
 * for await (const events of store.watch(new AbortController().signal)) {
 *   events.map(({ type }) => type); // => ['snapshot']
 *   await store.close();
 * }
 * await store.release(lease);
 * await store.list(); // => []
 *
 * // Another node of the same cluster.
 * const other = store.client();
 * await other.reserve([parseIpPrefix('10.244.50.0/24')!], publicIps);
 * (await store.acquire({ attributes, previous: [] })).subnets; // => ['10.244.50.0/24']
 * await other.revoke([parseIpPrefix('10.244.50.0/24')!]); // => true
 *
 * // As another program might change it, behind the node's back.
 * store.put(lease);
 * store.delete(lease);
 * store.config.backend.type; // => 'vxlan'
 * ```
 */
export class MemoryLeaseStore implements AllocatingStore, OpenStore {
  readonly #options: MemoryStoreOptions;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #closed = new AbortController();
  readonly #written = new Written();
  #shared = new Shared();

  constructor(options: MemoryStoreOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#ttlMs = (options.leaseTtlSeconds ?? DEFAULT_LEASE_TTL_SECONDS) * 1000;
  }

  /** As given. */
  get config(): NetworkConfig {
    return this.#options.config;
  }

  /** One more client of the same leases. */
  client(): MemoryLeaseStore {
    const client = new MemoryLeaseStore(this.#options);
    client.#shared = this.#shared;
    return client;
  }

  /** Throws LeaseError `out-of-subnets`. */
  async acquire(request: LeaseRequest): Promise<Lease> {
    return this.#write(claimLease(this.config, this.#inForce(), request));
  }

  /** Throws LeaseError `lease-lost`. */
  async renew({ subnets, attributes }: Lease): Promise<Lease> {
    const held = this.#findOwn({ subnets, attributes });
    if (held === undefined) throw leaseLost({ subnets });
    return this.#write({ subnets, attributes, reserved: isReservation(held), replaced: [] });
  }

  /** Nothing where the lease is not the caller's. */
  async release(lease: Lease): Promise<void> {
    const held = this.#findOwn(lease);
    if (held === undefined) return;
    this.#written.delete(lease);
    if (isReservation(held)) this.put(vacated(held));
    else this.delete(held);
  }

  /** A snapshot of all leases, then every change. Ends when `signal` aborts and when the store is closed. */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    const wake = new Wake();
    const source = {
      list: () => this.#inForce(),
      wait: async (ms: number, until: AbortSignal) => void (await wake.wait(this.#clock, ms, until)),
      clock: this.#clock,
      pollMs: HOUR_MS,
    };
    const stop = controllerUnder(signal, this.#closed.signal);
    this.#shared.watchers.add(wake);
    try {
      yield* watchLeases(source, stop.signal);
    } finally {
      stop.abort();
      this.#shared.watchers.delete(wake);
    }
  }

  /** Ends this client's watches. */
  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** The leases and reservations in force. */
  async list(): Promise<Lease[]> {
    return [...this.#inForce()];
  }

  /** Throws LeaseError `not-free`. */
  async reserve(subnets: readonly IpPrefix[], publicIps: readonly IpAddress[]): Promise<Lease> {
    return this.put(claimReservation(this.config, this.#inForce(), subnets, publicIps));
  }

  /** False where there is no such lease or reservation. */
  async revoke(subnets: readonly IpPrefix[]): Promise<boolean> {
    const held = this.#find(subnets);
    if (held !== undefined) this.delete(held);
    return held !== undefined;
  }

  /** Writes a lease as it is, as another program might. */
  put(lease: Lease): Lease {
    return this.#shared.put(lease);
  }

  /** Takes a lease away, as another program might. */
  delete(lease: Pick<Lease, 'subnets'>): void {
    this.#shared.delete(lease);
  }

  #write({ subnets, attributes, reserved, replaced }: Claim): Lease {
    const lease = { subnets, attributes };
    for (const other of replaced) this.delete(other);
    this.#written.add(lease);
    return this.put(reserved ? lease : { ...lease, expiresAtMs: this.#clock.nowMs() + this.#ttlMs });
  }

  #inForce(): readonly Lease[] {
    return this.#shared.inForce(this.#clock.nowMs());
  }

  #find(subnets: readonly IpPrefix[]): Lease | undefined {
    const held = this.#shared.leases.get(formatLeaseKey(subnets));
    return held !== undefined && isInForce(held, this.#clock.nowMs()) ? held : undefined;
  }

  #findOwn(lease: Lease): Lease | undefined {
    const held = this.#find(lease.subnets);
    return held !== undefined && this.#written.isOwn(held, lease) ? held : undefined;
  }
}
