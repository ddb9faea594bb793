/** Rows of the SQLite store, and what is said of a configuration that does not fit them. */
import type { IpPrefix } from '@podlan/wire';
import { type Lease, LeaseError } from '../lease.js';
import { formatLeaseKey, formatLeaseValue, parseLease, parseLeaseKey } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import type { SqliteDatabase } from './sqlite-file.js';
import type { Written } from './written.js';

interface LeaseRow {
  readonly key: unknown;
  readonly value: unknown;
  readonly expires_at_ms: unknown;
}

/** Whether there was one. */
export function deleteRow(database: SqliteDatabase, { subnets }: Pick<Lease, 'subnets'>): boolean {
  const { changes } = database.prepare('DELETE FROM leases WHERE key = ?').run(formatLeaseKey(subnets));
  return changes > 0;
}

export function putRow(database: SqliteDatabase, lease: Lease): Lease {
  database
    .prepare('INSERT OR REPLACE INTO leases (key, value, expires_at_ms) VALUES (?, ?, ?)')
    .run(formatLeaseKey(lease.subnets), formatLeaseValue(lease), lease.expiresAtMs ?? null);
  return lease;
}

/** Reads rows that anybody may have written: what is no lease is told once and left out. */
export class RowReader {
  readonly #warn: (message: string) => void;
  readonly #warned = new Set<string>();
  /** The last good lease of each key: a row that turns to garbage must not take a peer away. */
  readonly #lastGood = new Map<string, Lease>();

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** All that can be read, whether in force or not. */
  all(database: SqliteDatabase, written: Written): Lease[] {
    const rows = selectRows(database).map((row) => this.#read(row, written));
    return rows.filter((lease) => lease !== undefined);
  }

  /** Subnets of entries that can't be read: somebody's all the same, unless they were ours before. */
  damaged(database: SqliteDatabase, nowMs: number, previous: readonly IpPrefix[]): Lease[] {
    const keys = selectRows(database).filter((row) => isDamaged(row, nowMs));
    const subnets = keys.map(({ key }) => parseLeaseKey(String(key)) ?? []);
    const others = subnets.filter((list) => !list.some((subnet) => previous.includes(subnet)));
    return others.map((list) => ({ subnets: list, attributes: { backendType: '', endpoints: [] } }));
  }

  #read({ key, value, expires_at_ms }: LeaseRow, written: Written): Lease | undefined {
    const name = String(key);
    try {
      const lease = parseLease(name, String(value), expiryOf(name, expires_at_ms));
      this.#lastGood.set(name, lease);
      return lease;
    } catch (error) {
      this.#warnOnce((error as Error).message);
      // Our own is given up, to be written anew.
      const before = this.#lastGood.get(name);
      return before !== undefined && written.has(before) ? undefined : before;
    }
  }

  #warnOnce(message: string): void {
    if (this.#warned.has(message)) return;
    this.#warned.add(message);
    this.#warn(`entry ignored: ${message}`);
  }
}

function selectRows(database: SqliteDatabase): LeaseRow[] {
  return database.prepare('SELECT key, value, expires_at_ms FROM leases ORDER BY key').all() as LeaseRow[];
}

/** Ended entries block nothing, whatever is in them. */
function isDamaged({ key, value, expires_at_ms }: LeaseRow, nowMs: number): boolean {
  if (typeof expires_at_ms === 'number' && expires_at_ms <= nowMs) return false;
  try {
    parseLease(String(key), String(value), expiryOf(String(key), expires_at_ms));
    return false;
  } catch {
    return true;
  }
}

/** NULL never expires: a reservation. */
function expiryOf(key: string, value: unknown): number | undefined {
  if (value === null) return undefined;
  if (typeof value === 'number' && Number.isFinite(value)) return value;
  throw new LeaseError('corrupt', `lease ${key}: expected a time in milliseconds, found ${String(value)}`);
}

export function sameConfig(a: NetworkConfig, b: NetworkConfig): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

export function noConfig(path: string): LeaseError {
  const message = `lease store ${path}: expected a network config, found none; give one with the first agent`;
  return new LeaseError('bad-config', message);
}

export function otherConfig(path: string, stored: NetworkConfig): LeaseError {
  const networks = stored.networks
    .map(({ network, subnetLength }) => `${network} in /${subnetLength}s`)
    .join(', ');
  const found = `expected the network config that its leases were made under (${networks}), found another`;
  return new LeaseError(
    'bad-config',
    `lease store ${path}: ${found}; give the same, or none, or use a new store`,
  );
}
