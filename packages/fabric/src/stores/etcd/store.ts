/** The store in etcd, once its module is loaded: leases as keys that are written only if nobody else was faster. */
import type { IpAddress, IpPrefix } from '@podlan/wire';
import { type Clock, systemClock } from '../../clock.js';
import { controllerUnder } from '../../controller-under.js';
import {
  type AllocatingStore,
  type Lease,
  LeaseError,
  type LeaseEvent,
  type LeaseRequest,
  type OpenStore,
} from '../../lease.js';
import type { NetworkConfig } from '../../network-config.js';
import { claimLease, claimReservation, leaseLost, vacated } from '../claim.js';
import { DEFAULT_LEASE_TTL_SECONDS } from '../memory.js';
import { Written } from '../written.js';
import { EtcdClient } from './client.js';
import { settleConfig } from './config.js';
import { type Entry, EtcdEntries, type Listing } from './entries.js';
import { EtcdKeys, NO_LEASE, rangeOf } from './keys.js';
import type { EtcdStoreOptions } from './options.js';
import { EtcdWriter } from './writer.js';

const DEFAULT_PREFIX = '/coreos.com/network';
/** How many free subnets a node that lost races chooses among, at most; flannel's. */
const MOST_CHOICES = 100;

/**
 * Made and opened by `openEtcdStore`.
 * @example As root
 * ```ts
 * import { spawn } from 'node:child_process';
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { EtcdLeaseStore } from '@podlan/fabric/etcd';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'etcd-'));
 * const etcd = spawn('etcd', ['--data-dir', folder], { stdio: 'ignore' });
 * const store = new EtcdLeaseStore({ config: { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } } });
 * await store.open();
 * store.config.backend.type; // => 'vxlan'
 * store.entriesIgnored; // => 0
 *
 * const publicIp = parseIpAddress('192.168.77.11')!;
 * const subnets = [parseIpPrefix('10.244.50.0/24')!];
 * await store.reserve(subnets, [publicIp]);
 * const attributes = { backendType: 'vxlan', endpoints: [{ publicIp }] };
 * const lease = await store.acquire({ attributes, previous: [] });
 * lease; // => { subnets: ['10.244.50.0/24'], attributes }
 * await store.renew(lease); // => lease
 * for await (const [event] of store.watch(new AbortController().signal)) {
 *   event; // => { type: 'snapshot', leases: [lease] }
 *   break;
 * }
 * await store.release(lease);
 * await store.list(); // => [{ subnets, attributes: { backendType: '', endpoints: [{ publicIp }] } }]
 * store.reconnect();
 * await store.revoke(subnets); // => true
 *
 * await store.close();
 * etcd.kill();
 * await rm(folder, { recursive: true });
 * ```
 */
export class EtcdLeaseStore implements AllocatingStore, OpenStore {
  readonly #options: EtcdStoreOptions;
  readonly #client: EtcdClient;
  readonly #keys: EtcdKeys;
  readonly #entries: EtcdEntries;
  readonly #writer: EtcdWriter;
  readonly #clock: Clock;
  readonly #written = new Written();
  readonly #closed = new AbortController();
  #config: NetworkConfig | undefined;

  /** Throws LeaseError `bad-config` for an endpoint or a file that is no good. */
  constructor(options: EtcdStoreOptions = {}) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#client = new EtcdClient(options);
    this.#keys = new EtcdKeys(this.#client);
    this.#entries = new EtcdEntries(this.#keyOf('subnets'), this.#written, (message) => this.#warn(message));
    const { leaseTtlSeconds = DEFAULT_LEASE_TTL_SECONDS } = options;
    this.#writer = new EtcdWriter(this.#keys, this.#entries, this.#clock, leaseTtlSeconds);
  }

  /** The network configuration that etcd holds. Throws TypeError before `open`. */
  get config(): NetworkConfig {
    if (this.#config === undefined) throw new TypeError('expected an opened store; call open() first');
    return this.#config;
  }

  /** Entries found so far that are no leases. */
  get entriesIgnored(): number {
    return this.#entries.ignored;
  }

  /** Settles the configuration, as `openEtcdStore`. */
  async open(): Promise<void> {
    const { config: given, signal } = this.#options;
    const until = signal === undefined ? this.#closed : controllerUnder(signal, this.#closed.signal);
    this.#config = await settleConfig(this.#keys, {
      key: this.#keyOf('config'),
      given,
      clock: this.#clock,
      warn: (message) => this.#warn(message),
      signal: until.signal,
    });
  }

  /** Throws LeaseError `out-of-subnets` or `unavailable`. */
  async acquire(request: LeaseRequest): Promise<Lease> {
    const lease = await this.#writer.insist(async (turn) => {
      const listing = await this.#list();
      const taken = this.#entries.taken(listing, request.previous);
      const claim = claimLease(this.config, taken, request, this.#spread(turn.losses));
      const replaced = claim.replaced.flatMap(({ subnets }) => listing.of(subnets) ?? []);
      return this.#writer.put(turn, listing, claim, claim.reserved, replaced);
    });
    this.#written.add(lease);
    return lease;
  }

  /** Throws LeaseError `lease-lost` or `unavailable`. */
  async renew(lease: Lease): Promise<Lease> {
    const renewed = await this.#writer.insist(async (turn) => {
      const listing = await this.#get(lease.subnets);
      const held = this.#findOwn(listing, lease);
      if (held === undefined) throw leaseLost(lease);
      return this.#writer.put(turn, listing, lease, held.leaseId === NO_LEASE);
    });
    this.#written.add(renewed);
    return renewed;
  }

  /** Nothing where the lease is not the caller's. Throws LeaseError `unavailable`. */
  async release(lease: Lease): Promise<void> {
    await this.#writer.insist(async (turn) => {
      const listing = await this.#get(lease.subnets);
      const held = this.#findOwn(listing, lease);
      if (held === undefined) return true;
      if (held.leaseId !== NO_LEASE) return this.#writer.delete(listing, held);
      return this.#writer.put(turn, listing, vacated(held.lease), true);
    });
    this.#written.delete(lease);
  }

  /** Throws LeaseError `not-free` or `unavailable`. */
  async reserve(subnets: readonly IpPrefix[], publicIps: readonly IpAddress[]): Promise<Lease> {
    return this.#writer.insist(async (turn) => {
      const listing = await this.#list();
      const taken = this.#entries.taken(listing, []);
      return this.#writer.put(turn, listing, claimReservation(this.config, taken, subnets, publicIps), true);
    });
  }

  /** False where there is no such entry. Throws LeaseError `unavailable`. */
  async revoke(subnets: readonly IpPrefix[]): Promise<boolean> {
    const revoked = await this.#writer.insist(async () => {
      const listing = await this.#get(subnets);
      const held = listing.of(subnets);
      return held === undefined ? 'none' : this.#writer.delete(listing, held);
    });
    return revoked === true;
  }

  /** The leases and reservations in force. etcd is asked for the time that is left of each. */
  async list(): Promise<Lease[]> {
    const { entries } = await this.#list();
    const ids = new Set(entries.map(({ leaseId }) => leaseId).filter((id) => id !== NO_LEASE));
    const left = await this.#keys.secondsLeft(ids);
    const nowMs = this.#clock.nowMs();
    return entries.flatMap(({ lease, leaseId }) => {
      if (lease === undefined || leaseId === NO_LEASE) return lease ?? [];
      const seconds = left.get(leaseId);
      return seconds === undefined ? [] : { ...lease, expiresAtMs: nowMs + seconds * 1000 };
    });
  }

  /**
   * A snapshot of all leases, then every change. Of ends of leases it tells those of this client's own. Ends when `signal`
   * aborts and when the store is closed; throws LeaseError `watch-lost` where etcd can't be reached, does not answer any
   * more, or has compacted away what was not yet told.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    const stop = controllerUnder(signal, this.#closed.signal);
    const until = stop.signal;
    try {
      const { entries, revision } = await this.#list();
      if (until.aborted) return;
      yield [{ type: 'snapshot', leases: entries.flatMap(({ lease }) => lease ?? []) }];
      // From the snapshot's own revision: a compaction just behind it is noticed, which may take a deletion with it.
      const changes = this.#client.watch(rangeOf(this.#entries.place), revision, until);
      for await (const { canceled, cancel_reason, compact_revision, events } of changes) {
        if (canceled) throw new Error(cancel_reason || `compacted up to revision ${compact_revision}`);
        const told = this.#entries.follow(events.filter(({ kv }) => BigInt(kv.mod_revision) > revision));
        if (told.length > 0) yield told;
      }
      if (!until.aborted) throw new Error('etcd ended it');
    } catch (cause) {
      if (until.aborted) return;
      throw new LeaseError('watch-lost', `watch ended: ${(cause as Error).message}`, { cause });
    } finally {
      stop.abort();
    }
  }

  /** Watches end with `watch-lost`; everything after goes by new connections. */
  reconnect(): void {
    if (!this.#closed.signal.aborted) this.#client.reconnect();
  }

  /** Ends all watches and calls, and disconnects. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#client.close();
  }

  #keyOf(name: string): string {
    const prefix = (this.#options.prefix ?? DEFAULT_PREFIX).replace(/\/+$/, '');
    return `${prefix}/${name}`;
  }

  #warn(message: string): void {
    this.#options.onWarning?.(`lease store etcd: ${message}`);
  }

  async #list(): Promise<Listing> {
    const { entries, revision } = await this.#keys.read(this.#entries.place);
    return this.#entries.read(entries, revision, true);
  }

  async #get(subnets: readonly IpPrefix[]): Promise<Listing> {
    const { entries, revision } = await this.#keys.read({ key: this.#entries.keyOf(subnets) });
    return this.#entries.read(entries, revision, false);
  }

  /** Who lost races chooses among more and more of the free subnets, so that many nodes don't lose for ever. */
  #spread(losses: number): number {
    const choices = Math.min(2 ** Math.max(0, losses - 1), MOST_CHOICES);
    return Math.floor((this.#options.random ?? Math.random)() * choices);
  }

  #findOwn(listing: Listing, lease: Lease): (Entry & { lease: Lease }) | undefined {
    const held = listing.of(lease.subnets);
    if (held?.lease === undefined || !held.readable) return undefined;
    return this.#written.isOwn(held.lease, lease) ? { ...held, lease: held.lease } : undefined;
  }
}
