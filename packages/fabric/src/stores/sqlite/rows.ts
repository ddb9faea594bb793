/** Rows of the SQLite store, and what is said of a configuration that does not fit them. */
import type { IpPrefix } from '@podlan/wire';
import { type Lease, LeaseError } from '../../lease.js';
import { formatLeaseKey, formatLeaseValue, parseLease } from '../../lease-json.js';
import { unreadableLeases } from '../claim.js';
import type { EntryReader } from '../entry-reader.js';
import type { Written } from '../written.js';
import type { SqliteDatabase } from './libsql.js';

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

/** All leases that can be read, whether in force or not. */
export function readRows(database: SqliteDatabase, reader: EntryReader, written: Written): Lease[] {
  const rows = selectRows(database);
  reader.retain(new Set(rows.map(({ key }) => String(key))));
  const leases = rows.map((row) => reader.read(String(row.key), () => parseRow(row), written));
  return leases.filter((lease) => lease !== undefined);
}

/** Subnets of entries that can't be read: somebody's all the same, unless they were ours before. */
export function damagedRows(database: SqliteDatabase, nowMs: number, previous: readonly IpPrefix[]): Lease[] {
  const damaged = selectRows(database).filter((row) => isDamaged(row, nowMs));
  return unreadableLeases(
    damaged.map(({ key }) => String(key)),
    previous,
  );
}

function parseRow({ key, value, expires_at_ms }: LeaseRow): Lease {
  return parseLease(String(key), String(value), expiryOf(String(key), expires_at_ms));
}

function selectRows(database: SqliteDatabase): LeaseRow[] {
  return database.prepare('SELECT key, value, expires_at_ms FROM leases ORDER BY key').all() as LeaseRow[];
}

/** Ended entries block nothing, whatever is in them. */
function isDamaged(row: LeaseRow, nowMs: number): boolean {
  if (typeof row.expires_at_ms === 'number' && row.expires_at_ms <= nowMs) return false;
  try {
    parseRow(row);
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
