/** The network configuration in etcd: waited for as flanneld does, and written where there is none and one is given. */
import type { Clock } from '../../clock.js';
import { LeaseError } from '../../lease.js';
import { type NetworkConfig, parseNetworkConfig } from '../../network-config.js';
import type { EtcdKeys } from './keys.js';

export interface ConfigOptions {
  readonly key: string;
  /** Text or object, for a cluster that has none yet. */
  readonly given: unknown;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
  readonly signal: AbortSignal;
}

/** flanneld's. */
const RETRY_MS = 1000;

/**
 * Asks every second until there is a valid configuration, and says what keeps it from going on. Rejects with LeaseError
 * `bad-config` where the given one is not valid or not the cluster's, and with the last trouble when `signal` aborts.
 */
export async function settleConfig(keys: EtcdKeys, options: ConfigOptions): Promise<NetworkConfig> {
  const { given, clock, signal, warn } = options;
  const wanted = given === undefined ? undefined : parseNetworkConfig(given);
  for (let told = ''; ; ) {
    try {
      const stored = await readOrWrite(keys, options.key, given);
      if (wanted !== undefined && JSON.stringify(wanted) !== JSON.stringify(stored))
        throw new OtherConfig(options.key);
      return stored;
    } catch (error) {
      if (!(error instanceof LeaseError) || error instanceof OtherConfig || signal.aborted) throw error;
      if (error.message !== told) warn(`${error.message}; trying again every second`);
      told = error.message;
      await clock.sleep(RETRY_MS, signal);
      if (signal.aborted) throw error;
    }
  }
}

async function readOrWrite(keys: EtcdKeys, key: string, given: unknown): Promise<NetworkConfig> {
  const { entries, revision } = await keys.read({ key });
  if (entries[0] !== undefined) return parseStored(key, entries[0].value.toString());
  if (given === undefined) {
    const message = `etcd key ${key}: expected a network config, found none; write one, as with etcdctl put`;
    throw new LeaseError('bad-config', message);
  }
  const text = typeof given === 'string' ? given : JSON.stringify(given);
  const written = await keys.commit([{ key }], revision, [{ put: key, value: text }]);
  return written ? parseNetworkConfig(given) : readOrWrite(keys, key, given);
}

function parseStored(key: string, text: string): NetworkConfig {
  try {
    return parseNetworkConfig(text);
  } catch (cause) {
    throw new LeaseError('bad-config', `etcd key ${key}: ${(cause as Error).message}`, { cause });
  }
}

class OtherConfig extends LeaseError {
  constructor(key: string) {
    const found = 'expected the network config that was given, found another';
    super('bad-config', `etcd key ${key}: ${found}; give the same, or none`);
  }
}
