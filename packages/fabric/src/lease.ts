/** Leases, and the store that keeps them. A lease ties a node's pod subnets to the addresses its tunnels end at. */
import type { IpAddress, IpPrefix } from '@podlan/wire';

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

export interface Lease {
  /** At most one per family, IPv4 first. */
  readonly subnets: readonly IpPrefix[];
  readonly attributes: LeaseAttributes;
  /** Milliseconds since the epoch; absent where the store does not expire leases. */
  readonly expiresAtMs?: number;
}

export type LeaseEvent =
  /** The store as it is: every lease, and none else. The first event of every watch. */
  | { readonly type: 'snapshot'; readonly leases: readonly Lease[] }
  | { readonly type: 'put'; readonly lease: Lease }
  | { readonly type: 'delete'; readonly lease: Lease };

export interface LeaseRequest {
  readonly attributes: LeaseAttributes;
  /** Subnets held before (from subnet.env): taken again when they are free and fit the network. */
  readonly previous: readonly IpPrefix[];
}

export type LeaseErrorCode =
  | 'out-of-subnets'
  | 'watch-lost'
  | 'lease-lost'
  | 'unavailable'
  | 'corrupt'
  | 'bad-config';

export class LeaseError extends Error {
  override readonly name = 'LeaseError';
  readonly code: LeaseErrorCode;
  constructor(code: LeaseErrorCode, message: string, options?: ErrorOptions) {
    super(message, options);
    this.code = code;
  }
}

export interface LeaseStore {
  /** The lease of the node with this public address: its own again if it has one, else a free one. */
  acquire(request: LeaseRequest): Promise<Lease>;
  /** Extends the lease and publishes its attributes as given. `lease-lost` if it is no longer ours. */
  renew(lease: Lease): Promise<Lease>;
  release(lease: Lease): Promise<void>;
  /** Batches of events, a snapshot first. Ends with LeaseError `watch-lost` when it may have missed something. */
  watch(signal: AbortSignal): AsyncIterable<readonly LeaseEvent[]>;
  close(): Promise<void>;
}
