/** The network configuration in the SQLite file, kept for agents that are given none. */
import { LeaseError } from '../../lease.js';
import { type NetworkConfig, parseNetworkConfig } from '../../network-config.js';
import type { SqliteDatabase } from './libsql.js';

/** A configuration as an agent was given it. */
export interface GivenConfig {
  readonly text: string;
  readonly config: NetworkConfig;
}

/** Text or object. Throws LeaseError `bad-config`. */
export function givenConfig(source: unknown): GivenConfig {
  const text = typeof source === 'string' ? source : JSON.stringify(source);
  return { text, config: parseNetworkConfig(source) };
}

/** The file's, or the given one where the file holds none or `inUse` is false. Throws LeaseError `bad-config`. */
export function settleConfig(
  database: SqliteDatabase,
  path: string,
  given: GivenConfig | undefined,
  inUse: boolean,
): NetworkConfig {
  const [row] = database.prepare('SELECT json FROM config').all() as { json: unknown }[];
  const stored = row === undefined ? undefined : parseNetworkConfig(row.json);
  if (stored !== undefined && (given === undefined || sameConfig(stored, given.config))) return stored;
  if (given === undefined) throw noConfig(path);
  if (stored !== undefined && inUse) throw otherConfig(path, stored);
  database.prepare('INSERT OR REPLACE INTO config (id, json) VALUES (1, ?)').run(given.text);
  return given.config;
}

function sameConfig(a: NetworkConfig, b: NetworkConfig): boolean {
  return JSON.stringify(a) === JSON.stringify(b);
}

function noConfig(path: string): LeaseError {
  const message = `lease store ${path}: expected a network config, found none; give one with the first agent`;
  return new LeaseError('bad-config', message);
}

function otherConfig(path: string, stored: NetworkConfig): LeaseError {
  const networks = stored.networks
    .map(({ network, subnetLength }) => `${network} in /${subnetLength}s`)
    .join(', ');
  const found = `expected the network config that its leases were made under (${networks}), found another`;
  return new LeaseError(
    'bad-config',
    `lease store ${path}: ${found}; give the same, or none, or use a new store`,
  );
}
