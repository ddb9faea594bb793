/**
 * Leases in one SQLite file that all agents of a machine share: the embedded store. Allocation happens inside a write
 * transaction; a watch is woken by the file system and looks at `PRAGMA data_version` from time to time besides.
 * @module @podlan/fabric/sqlite
 */
import type { IpAddress, IpPrefix } from '@podlan/wire';
import { isReservation } from '../../allocation.js';
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
import { claimLease, claimReservation, hasSubnets, leaseLost, vacated } from '../claim.js';
import { EntryReader } from '../entry-reader.js';
import { isInForce, watchLeases } from '../lease-watch.js';
import { DEFAULT_LEASE_TTL_SECONDS } from '../memory.js';
import { opened } from '../opened.js';
import { Written } from '../written.js';
import { givenConfig, settleConfig } from './config.js';
import { isBusy, SqliteFile } from './file.js';
import { FileWake } from './file-wake.js';
import type { SqliteDatabase } from './libsql.js';
import { damagedRows, deleteRow, putRow, readRows } from './rows.js';

/** The file, and how long to wait for what, in milliseconds but for `leaseTtlSeconds` (a day by default). */
export interface SqliteStoreOptions {
  readonly path: string;
  /** Network configuration (text or object) for a file that holds none; another is refused while leases exist. */
  readonly config?: unknown;
  readonly clock?: Clock;
  readonly leaseTtlSeconds?: number;
  /** How often a watch looks without having been woken; 1 s by default. */
  readonly pollMs?: number;
  /** How long to wait for another process's write lock; 10 s by default. */
  readonly lockWaitMs?: number;
  /** Told of rows that are no leases; each is told once. */
  readonly onWarning?: (message: string) => void;
}

interface Cached {
  readonly database: SqliteDatabase;
  readonly version: number | undefined;
  readonly leases: readonly Lease[];
}

const DEFAULT_POLL_MS = 1000;
const DEFAULT_LOCK_WAIT_MS = 10_000;
/** SQLite waits inside the call, which stops this process's other work: longer waits are slept between calls. */
const BUSY_TIMEOUT_MS = 100;
const LOCK_RETRY_MS = 50;

/**
 * Opens the file, and makes it where it is missing. Throws LeaseError: `bad-config`, `corrupt` or `unavailable`.
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { openSqliteStore } from '@podlan/fabric/sqlite';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'leases-'));
 * const path = join(folder, 'leases.db');
 * const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
 * const first = await openSqliteStore({ path, config });
 * // Any other process of this machine: the configuration is in the file.
 * const second = await openSqliteStore({ path });
 *
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.11')! }];
 * const lease = await first.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] });
 * lease.subnets; // => ['10.244.1.0/24']
 * await second.list(); // => [lease]
 *
 * await first.close();
 * await second.close();
 * await rm(folder, { recursive: true });
 * ```
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteLeaseStore> {
  return opened(new SqliteLeaseStore(options));
}

/**
 * Made and opened by {@link openSqliteStore}. Survives being killed inside a transaction.
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { SqliteLeaseStore } from '@podlan/fabric/sqlite';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'leases-'));
 * const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
 * const store = new SqliteLeaseStore({ path: join(folder, 'leases.db'), config });
 * await store.open();
 * store.config.backend.type; // => 'vxlan'
 * store.entriesIgnored; // => 0
 *
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.11')! }];
 * const lease = await store.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] });
 * for await (const [event] of store.watch(new AbortController().signal)) {
 *   event; // => { type: 'snapshot', leases: [lease] }
 *   break;
 * }
 * await store.release(lease);
 * await store.renew(lease).catch(({ code }) => code); // => 'lease-lost'
 * await store.list(); // => []
 *
 * const subnets = [parseIpPrefix('10.244.50.0/24')!];
 * await store.reserve(subnets, [endpoints[0]!.publicIp]);
 * (await store.acquire({ attributes: lease.attributes, previous: [] })).subnets; // => ['10.244.50.0/24']
 * await store.revoke(subnets); // => true
 *
 * await store.close();
 * await rm(folder, { recursive: true });
 * ```
 */
export class SqliteLeaseStore implements AllocatingStore, OpenStore {
  readonly #file: SqliteFile;
  readonly #options: SqliteStoreOptions;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #closed = new AbortController();
  readonly #watchers = new Set<FileWake>();
  readonly #written = new Written();
  readonly #reader: EntryReader;
  #config: NetworkConfig | undefined;
  #cache: Cached | undefined;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#file = new SqliteFile(options.path, BUSY_TIMEOUT_MS);
    this.#clock = options.clock ?? systemClock;
    this.#reader = new EntryReader((message) =>
      options.onWarning?.(`lease store ${options.path}: ${message}`),
    );
    this.#ttlMs = (options.leaseTtlSeconds ?? DEFAULT_LEASE_TTL_SECONDS) * 1000;
  }

  /** Entries found so far that are no leases. */
  get entriesIgnored(): number {
    return this.#reader.ignored;
  }

  /** The network configuration that the file holds. Throws TypeError before `open`. */
  get config(): NetworkConfig {
    if (this.#config === undefined) throw new TypeError('expected an opened store; call open() first');
    return this.#config;
  }

  /** Settles the configuration: the file's, or the given one where it holds none or no leases. */
  async open(): Promise<void> {
    const { path, config } = this.#options;
    const given = config === undefined ? undefined : givenConfig(config);
    this.#config = await this.#write((database) =>
      settleConfig(database, path, given, this.#inForce(database).length > 0),
    );
  }

  /** Throws LeaseError `out-of-subnets`, or what {@link openSqliteStore} throws. */
  async acquire(request: LeaseRequest): Promise<Lease> {
    return this.#write((database) => {
      const claim = claimLease(this.config, this.#taken(database, request.previous), request);
      for (const lease of claim.replaced) deleteRow(database, lease);
      return this.#publish(database, claim, claim.reserved);
    });
  }

  /** Throws LeaseError `lease-lost`, or what {@link openSqliteStore} throws. */
  async renew(lease: Lease): Promise<Lease> {
    return this.#write((database) => {
      const held = this.#findOwn(database, lease);
      if (held === undefined) throw leaseLost(lease);
      return this.#publish(database, lease, isReservation(held));
    });
  }

  /** Nothing where the lease is not the caller's. */
  async release(lease: Lease): Promise<void> {
    await this.#write((database) => {
      const held = this.#findOwn(database, lease);
      if (held === undefined) return;
      if (isReservation(held)) putRow(database, vacated(held));
      else deleteRow(database, held);
      this.#written.delete(held);
    });
  }

  /** Throws LeaseError `not-free`, or what {@link openSqliteStore} throws. */
  async reserve(subnets: readonly IpPrefix[], publicIps: readonly IpAddress[]): Promise<Lease> {
    return this.#write((database) => {
      return putRow(database, claimReservation(this.config, this.#taken(database), subnets, publicIps));
    });
  }

  /** False where there is no such entry; throws what {@link openSqliteStore} throws. */
  async revoke(subnets: readonly IpPrefix[]): Promise<boolean> {
    return this.#write((database) => deleteRow(database, { subnets }));
  }

  /**
   * A snapshot of all leases, then every change. Ends when `signal` aborts and when the store is closed; throws
   * LeaseError `watch-lost` where the file can't be read.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    const wake = new FileWake(this.#options.path, this.#clock);
    this.#watchers.add(wake);
    const source = {
      list: () => this.#list(),
      wait: (ms: number, until: AbortSignal) => wake.wait(ms, until),
      clock: this.#clock,
      pollMs: this.#options.pollMs ?? DEFAULT_POLL_MS,
    };
    const stop = controllerUnder(signal, this.#closed.signal);
    try {
      yield* watchLeases(source, stop.signal);
    } catch (cause) {
      throw new LeaseError('watch-lost', `watch ended: ${(cause as Error).message}`, { cause });
    } finally {
      stop.abort();
      this.#watchers.delete(wake);
      wake.close();
    }
  }

  /** Ends all watches and closes the file, until it is used again. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#file.close();
  }

  /** The leases and reservations in force. */
  async list(): Promise<Lease[]> {
    return this.#list();
  }

  #list(): Lease[] {
    const nowMs = this.#clock.nowMs();
    return this.#file.use((database) => this.#current(database)).filter((lease) => isInForce(lease, nowMs));
  }

  /** Waiting for a lock is not retrying: nothing has failed yet. */
  async #write<T>(work: (database: SqliteDatabase) => T): Promise<T> {
    const deadlineMs = this.#clock.nowMs() + (this.#options.lockWaitMs ?? DEFAULT_LOCK_WAIT_MS);
    for (;;) {
      try {
        const result = this.#file.write(work);
        this.#cache = undefined;
        for (const watcher of this.#watchers) watcher.ring();
        return result;
      } catch (error) {
        if (!isBusy(error) || this.#clock.nowMs() >= deadlineMs || this.#closed.signal.aborted) throw error;
        await this.#clock.sleep(LOCK_RETRY_MS, this.#closed.signal);
      }
    }
  }

  /** Read anew only after a write: `data_version` changes with those of other connections. */
  #current(database: SqliteDatabase): readonly Lease[] {
    const [row] = database.prepare('PRAGMA data_version').all() as { data_version: number }[];
    const version = row?.data_version;
    if (this.#cache?.database === database && this.#cache.version === version) return this.#cache.leases;
    const leases = readRows(database, this.#reader, this.#written);
    this.#cache = { database, version, leases };
    return leases;
  }

  #inForce(database: SqliteDatabase): Lease[] {
    const nowMs = this.#clock.nowMs();
    return readRows(database, this.#reader, this.#written).filter((lease) => isInForce(lease, nowMs));
  }

  #taken(database: SqliteDatabase, previous: readonly IpPrefix[] = []): Lease[] {
    return [...this.#inForce(database), ...damagedRows(database, this.#clock.nowMs(), previous)];
  }

  #publish(database: SqliteDatabase, { subnets, attributes }: Lease, reserved: boolean): Lease {
    const content = { subnets, attributes };
    const expiresAtMs = this.#clock.nowMs() + this.#ttlMs;
    this.#written.add(content);
    return putRow(database, reserved ? content : { ...content, expiresAtMs });
  }

  #findOwn(database: SqliteDatabase, lease: Lease): Lease | undefined {
    const held = this.#inForce(database).find((other) => hasSubnets(other, lease.subnets));
    return held !== undefined && this.#written.isOwn(held, lease) ? held : undefined;
  }
}
