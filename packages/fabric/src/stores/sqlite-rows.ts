/** Rows of the SQLite store, and what is said of a configuration that does not fit them. */
import { type Lease, LeaseError } from '../lease.js';
import { formatLeaseKey, parseLease } from '../lease-json.js';
import type { NetworkConfig } from '../network-config.js';
import type { SqliteDatabase } from './sqlite-file.js';

export interface LeaseRow {
  readonly key: unknown;
  readonly value: unknown;
  readonly expires_at_ms: unknown;
}

export function deleteRow(database: SqliteDatabase, lease: Lease): void {
  database.prepare('DELETE FROM leases WHERE key = ?').run(formatLeaseKey(lease.subnets));
}

/** Ended entries block nothing, whatever is in them. */
export function isDamaged({ key, value, expires_at_ms }: LeaseRow, nowMs: number): boolean {
  if (typeof expires_at_ms === 'number' && expires_at_ms <= nowMs) return false;
  try {
    parseLease(String(key), String(value), expiryOf(String(key), expires_at_ms));
    return false;
  } catch {
    return true;
  }
}

/** NULL never expires: a reservation. */
export function expiryOf(key: string, value: unknown): number | undefined {
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
