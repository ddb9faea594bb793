/**
 * Leases in one SQLite file that all agents of a machine share: the embedded store. Allocation happens inside a write
 * transaction; a watch is woken by the file system and looks at `PRAGMA data_version` from time to time besides.
 * @module @podlan/fabric/sqlite
 */
import type { IpPrefix } from '@podlan/wire';
import { chooseSubnets, isSameNode } from '../allocation.js';
import { type Clock, systemClock } from '../clock.js';
import { controllerUnder } from '../controller-under.js';
import { type Lease, LeaseError, type LeaseEvent, type LeaseRequest, type LeaseStore } from '../lease.js';
import { formatLeaseKey, formatLeaseValue, parseLease, parseLeaseKey } from '../lease-json.js';
import { type NetworkConfig, parseNetworkConfig } from '../network-config.js';
import { FileWake } from './file-wake.js';
import { isInForce, watchLeases } from './lease-watch.js';
import { DEFAULT_LEASE_TTL_SECONDS, leaseLost } from './memory.js';
import { isBusy, type SqliteDatabase, SqliteFile } from './sqlite-file.js';
import {
  deleteRow,
  expiryOf,
  isDamaged,
  type LeaseRow,
  noConfig,
  otherConfig,
  sameConfig,
} from './sqlite-rows.js';

/** The file, and how long to wait for what, in milliseconds but for `leaseTtlSeconds` (a day by default). */
export interface SqliteStoreOptions {
  readonly path: string;
  /**
   * Network configuration (text or object) for a store that has none yet; another one is refused while leases exist.
   */
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
 * second.list(); // => [lease]
 *
 * await first.close();
 * await second.close();
 * await rm(folder, { recursive: true });
 * ```
 */
export async function openSqliteStore(options: SqliteStoreOptions): Promise<SqliteLeaseStore> {
  const store = new SqliteLeaseStore(options);
  try {
    await store.open();
  } catch (error) {
    await store.close();
    throw error;
  }
  return store;
}

/**
 * Made and opened by {@link openSqliteStore}. Survives being killed inside a transaction.
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { SqliteLeaseStore } from '@podlan/fabric/sqlite';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'leases-'));
 * const config = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
 * const store = new SqliteLeaseStore({ path: join(folder, 'leases.db'), config });
 * await store.open();
 * store.config.backend.type; // => 'vxlan'
 *
 * const endpoints = [{ publicIp: parseIpAddress('192.168.77.11')! }];
 * const lease = await store.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] });
 * for await (const [event] of store.watch(new AbortController().signal)) {
 *   event; // => { type: 'snapshot', leases: [lease] }
 *   break;
 * }
 * await store.release(lease);
 * await store.renew(lease).catch(({ code }) => code); // => 'lease-lost'
 * store.list(); // => []
 *
 * await store.close();
 * await rm(folder, { recursive: true });
 * ```
 */
export class SqliteLeaseStore implements LeaseStore {
  readonly #file: SqliteFile;
  readonly #options: SqliteStoreOptions;
  readonly #clock: Clock;
  readonly #ttlMs: number;
  readonly #closed = new AbortController();
  readonly #watchers = new Set<FileWake>();
  /** The last good lease of each key: a row that turns to garbage must not take a peer away. */
  readonly #lastGood = new Map<string, Lease>();
  readonly #warned = new Set<string>();
  #heldKey: string | undefined;
  #config: NetworkConfig | undefined;
  #cache:
    | {
        readonly database: SqliteDatabase;
        readonly version: number | undefined;
        readonly leases: readonly Lease[];
      }
    | undefined;

  constructor(options: SqliteStoreOptions) {
    this.#options = options;
    this.#file = new SqliteFile(options.path, BUSY_TIMEOUT_MS);
    this.#clock = options.clock ?? systemClock;
    this.#ttlMs = (options.leaseTtlSeconds ?? DEFAULT_LEASE_TTL_SECONDS) * 1000;
  }

  /** The network configuration that the file holds. Throws TypeError before `open`. */
  get config(): NetworkConfig {
    if (this.#config === undefined) throw new TypeError('expected an opened store; call open() first');
    return this.#config;
  }

  /**
   * Settles the configuration: the file's, or the given one where it holds none or no leases. As {@link
   * openSqliteStore}.
   */
  async open(): Promise<void> {
    const { config } = this.#options;
    const given = config === undefined ? undefined : parseNetworkConfig(config);
    const text = typeof config === 'string' ? config : JSON.stringify(config);
    this.#config = await this.#write((database) => this.#settleConfig(database, given, text));
  }

  /** Throws LeaseError `out-of-subnets`, or what {@link openSqliteStore} throws. */
  async acquire(request: LeaseRequest): Promise<Lease> {
    return this.#write((database) => {
      const inForce = this.#inForce(database);
      const taken = [...inForce, ...this.#damaged(database, request.previous)];
      const subnets = chooseSubnets(this.config, taken, request);
      const own = inForce.filter((other) => isSameNode(other.attributes, request.attributes));
      const key = formatLeaseKey(subnets);
      const reserved = own.some(
        (lease) => lease.expiresAtMs === undefined && formatLeaseKey(lease.subnets) === key,
      );
      for (const lease of own) deleteRow(database, lease);
      return this.#putRow(database, { subnets, attributes: request.attributes }, reserved);
    });
  }

  /** Throws LeaseError `lease-lost`, or what {@link openSqliteStore} throws. */
  async renew(lease: Lease): Promise<Lease> {
    return this.#write((database) => {
      const held = this.#requireOwn(database, lease);
      const { subnets, attributes } = lease;
      return this.#putRow(database, { subnets, attributes }, held.expiresAtMs === undefined);
    });
  }

  /** Nothing where the lease is not the caller's. */
  async release(lease: Lease): Promise<void> {
    await this.#write((database) => {
      if (this.#findOwn(database, lease) !== undefined) deleteRow(database, lease);
    });
  }

  /**
   * A snapshot of all leases, then every change. Ends when `signal` aborts and when the store is closed; throws
   * LeaseError
   * `watch-lost` where the file can't be read.
   */
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    const wake = new FileWake(this.#options.path, this.#clock);
    this.#watchers.add(wake);
    const source = {
      list: () => this.list(),
      wait: (ms: number, until: AbortSignal) => wake.wait(ms, until),
      clock: this.#clock,
      pollMs: this.#options.pollMs ?? DEFAULT_POLL_MS,
    };
    try {
      yield* watchLeases(source, controllerUnder(signal, this.#closed.signal).signal);
    } catch (cause) {
      throw new LeaseError('watch-lost', `watch ended: ${(cause as Error).message}`, { cause });
    } finally {
      this.#watchers.delete(wake);
      wake.close();
    }
  }

  /** Ends all watches and closes the file, until it is used again. */
  async close(): Promise<void> {
    this.#closed.abort();
    this.#file.close();
  }

  /** The leases in force. */
  list(): Lease[] {
    const leases = this.#file.use((database) => this.#current(database));
    return leases.filter((lease) => isInForce(lease, this.#clock.nowMs()));
  }

  #settleConfig(database: SqliteDatabase, given: NetworkConfig | undefined, text = ''): NetworkConfig {
    const [row] = database.prepare('SELECT json FROM config').all() as { json: unknown }[];
    const stored = row === undefined ? undefined : parseNetworkConfig(row.json);
    if (stored !== undefined && (given === undefined || sameConfig(stored, given))) return stored;
    if (given === undefined) throw noConfig(this.#options.path);
    if (stored !== undefined && this.#inForce(database).length > 0)
      throw otherConfig(this.#options.path, stored);
    database.prepare('INSERT OR REPLACE INTO config (id, json) VALUES (1, ?)').run(text);
    return given;
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
    const leases = this.#readAll(database);
    this.#cache = { database, version, leases };
    return leases;
  }

  #inForce(database: SqliteDatabase): Lease[] {
    const nowMs = this.#clock.nowMs();
    return this.#readAll(database).filter((lease) => isInForce(lease, nowMs));
  }

  #readAll(database: SqliteDatabase): Lease[] {
    const select = database.prepare('SELECT key, value, expires_at_ms FROM leases ORDER BY key');
    const leases = (select.all() as LeaseRow[]).map((row) => this.#readRow(row));
    return leases.filter((lease) => lease !== undefined);
  }

  #readRow({ key, value, expires_at_ms }: LeaseRow): Lease | undefined {
    const name = String(key);
    try {
      const lease = parseLease(name, String(value), expiryOf(name, expires_at_ms));
      this.#lastGood.set(name, lease);
      return lease;
    } catch (error) {
      this.#warnOnce((error as Error).message);
      // Our own is given up, to be written anew.
      return name === this.#heldKey ? undefined : this.#lastGood.get(name);
    }
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#options.onWarning?.(`lease store ${this.#options.path}: entry ignored: ${message}`);
  }

  #putRow(database: SqliteDatabase, content: Omit<Lease, 'expiresAtMs'>, reserved: boolean): Lease {
    const lease: Lease = reserved ? content : { ...content, expiresAtMs: this.#clock.nowMs() + this.#ttlMs };
    database
      .prepare('INSERT OR REPLACE INTO leases (key, value, expires_at_ms) VALUES (?, ?, ?)')
      .run(formatLeaseKey(lease.subnets), formatLeaseValue(lease), lease.expiresAtMs ?? null);
    this.#heldKey = formatLeaseKey(lease.subnets);
    return lease;
  }

  /** Subnets of entries that can't be read: somebody's all the same, unless they were ours before. */
  #damaged(database: SqliteDatabase, previous: readonly IpPrefix[]): Lease[] {
    const select = database.prepare('SELECT key, value, expires_at_ms FROM leases');
    const keys = (select.all() as LeaseRow[]).filter((row) => isDamaged(row, this.#clock.nowMs()));
    const subnets = keys.map(({ key }) => parseLeaseKey(String(key)) ?? []);
    const others = subnets.filter((list) => !list.some((subnet) => previous.includes(subnet)));
    return others.map((list) => ({ subnets: list, attributes: { backendType: '', endpoints: [] } }));
  }

  #findOwn(database: SqliteDatabase, lease: Lease): Lease | undefined {
    const key = formatLeaseKey(lease.subnets);
    const held = this.#inForce(database).find((other) => formatLeaseKey(other.subnets) === key);
    return held !== undefined && isSameNode(held.attributes, lease.attributes) ? held : undefined;
  }

  #requireOwn(database: SqliteDatabase, lease: Lease): Lease {
    const held = this.#findOwn(database, lease);
    if (held === undefined) throw leaseLost(lease);
    return held;
  }
}
