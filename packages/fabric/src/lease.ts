/** Leases, and the store that keeps them. A lease ties a node's pod subnets to the addresses its tunnels end at. */
import type { IpAddress, IpPrefix } from '@podlan/wire';
import type { NetworkConfig } from './network-config.js';

/** One address family of a node: where packets for its subnet of the same family are sent. */
export interface Endpoint {
  readonly publicIp: IpAddress;
  /** The backend's own data, for vxlan `{ VNI, VtepMAC }`. Validated by the backend that reads it, not by the store. */
  readonly data?: unknown;
}

/** What a node publishes with its lease. */
export interface LeaseAttributes {
  readonly backendType: string;
  /** At most one per family, IPv4 first. */
  readonly endpoints: readonly Endpoint[];
}

/** A node's subnets, with what other nodes have to know to reach them. Plain JSON. */
export interface Lease {
  /** At most one per family, IPv4 first. */
  readonly subnets: readonly IpPrefix[];
  readonly attributes: LeaseAttributes;
  /**
   * Milliseconds since the epoch. Absent where the store does not expire leases; in one that does, an entry without an end
   * is a reservation: it pins the subnets for the node with that public address.
   */
  readonly expiresAtMs?: number;
}

/** A change of the store, as a watch tells it. */
export type LeaseEvent =
  /** The store as it is: every lease, and none else. The first event of every watch. */
  | { readonly type: 'snapshot'; readonly leases: readonly Lease[] }
  | { readonly type: 'put'; readonly lease: Lease }
  | { readonly type: 'delete'; readonly lease: Lease };

/** What a node asks a store for. */
export interface LeaseRequest {
  readonly attributes: LeaseAttributes;
  /** Subnets held before (from subnet.env): taken again when they are free and fit the network. */
  readonly previous: readonly IpPrefix[];
}

/**
 * - `out-of-subnets`: all are leased
 * - `watch-lost`: a watch may have missed something; watch again
 * - `lease-lost`: the lease is no longer the caller's; acquire again
 * - `not-free`: subnets to be reserved are another node's, or none of this network's, or for nobody
 * - `unavailable`: the store can't be reached
 * - `corrupt`: an entry, or the whole store, is not what it should be
 * - `bad-config`: the network configuration is missing or not valid, or contradicts the store's
 */
export type LeaseErrorCode =
  | 'out-of-subnets'
  | 'watch-lost'
  | 'lease-lost'
  | 'not-free'
  | 'unavailable'
  | 'corrupt'
  | 'bad-config';

/**
 * What a store, a configuration or a lease is refused with. Branch on `code`: `message` is for people.
 * @example
 * ```ts
 * import { LeaseError, parseLease } from '@podlan/fabric';
 *
 * try {
 *   parseLease('10.244.1.0-24', 'garbage');
 * } catch (error) {
 *   if (!(error instanceof LeaseError)) throw error;
 *   error.code; // => 'corrupt'
 * }
 * ```
 */
export class LeaseError extends Error {
  override readonly name = 'LeaseError';
  readonly code: LeaseErrorCode;
  constructor(code: LeaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

/** Where leases are kept, for one client. Whatever can't be done rejects with LeaseError; nothing here retries. */
export interface LeaseStore {
  /** Entries found so far that are no leases, where anybody may write such: each was told once, and left as it is. */
  readonly entriesIgnored?: number;
  /** The lease of the node with this public address: its own again if it has one, else a free one. */
  acquire(request: LeaseRequest): Promise<Lease>;
  /**
   * Extends the lease and publishes its attributes as given. An entry is the caller's when it is the node's of
   * `lease.attributes`, or as this client last wrote it: so a node whose public address changed keeps its subnets.
   * `lease-lost` if it is no longer ours.
   */
  renew(lease: Lease): Promise<Lease>;
  /** Gives the lease back. One that is not ours, or not there, stays as it is; a reservation stays one. */
  release(lease: Lease): Promise<void>;
  /**
   * Batches of events, a snapshot first; an empty one where nothing changed but what this node may acquire. Ends with LeaseError `watch-lost` when it may have missed something. The end of a
   * lease is told where it costs no question of its own.
   */
  watch(signal: AbortSignal): AsyncIterable<readonly LeaseEvent[]>;
  /** Whether a lease is this node's; absent where nodes are known by their public addresses. */
  isOwn?(lease: Lease): boolean;
  /**
   * Leaves the connections there are, where the store is reached by any: this host's addresses changed, and nothing comes
   * by those any more that began at an old one.
   */
  reconnect?(): void;
  /** Ends all watches and lets go of the store. */
  close(): Promise<void>;
}

/** A store as an agent opens it, with the network configuration that the cluster agreed on. */
export interface OpenStore extends LeaseStore {
  readonly config: NetworkConfig;
  /** Addresses that this node was asked to use by an entry of its own, at most one per family. */
  readonly nodePublicIps?: readonly IpAddress[];
}

/** A store that hands out subnets itself, and keeps some for certain nodes. */
export interface AllocatingStore extends LeaseStore {
  /** All leases and reservations in force, each with its end. */
  list(): Promise<readonly Lease[]>;
  /**
   * Keeps subnets for the node with one of these public addresses, for ever: the next time it acquires, it gets them. A
   * lease that it holds there becomes the reservation. Throws LeaseError `not-free`.
   */
  reserve(subnets: readonly IpPrefix[], publicIps: readonly IpAddress[]): Promise<Lease>;
  /** Takes the lease or reservation of exactly these subnets away, whosoever it is; false where there is none. */
  revoke(subnets: readonly IpPrefix[]): Promise<boolean>;
}
