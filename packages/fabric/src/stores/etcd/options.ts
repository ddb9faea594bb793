/** What the store in etcd is opened with. */
import type { Clock } from '../../clock.js';
import type { EtcdAccess } from './client.js';

/** The cluster, where in it, and how long leases last (a day by default). */
export interface EtcdStoreOptions extends EtcdAccess {
  /** `/coreos.com/network` by default, as in flannel. */
  readonly prefix?: string;
  /** Network configuration (text or object) to be written where etcd holds none; one that differs from etcd's is refused. */
  readonly config?: unknown;
  readonly leaseTtlSeconds?: number;
  readonly clock?: Clock;
  /** Between 0 and 1, as `Math.random`: keeps nodes that join together from racing for the same subnets. */
  readonly random?: () => number;
  /** Told what opening waits for, and of entries that are no leases, each once. */
  readonly onWarning?: (message: string) => void;
  /** Ends the waiting for a configuration. */
  readonly signal?: AbortSignal;
}
