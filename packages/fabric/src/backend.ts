/** A backend decides, a kernel does: pure functions from leases to rows of kernel state. */
import type { Row } from '@podlan/linux/model';
import type { IpAddress, IpPrefix, MacAddress } from '@podlan/wire';
import type { Dataplane } from './backend-config.js';
import type { Lease, LeaseAttributes } from './lease.js';
import type { NetworkConfig } from './network-config.js';

/** What a backend has to know of the host it runs on. */
export interface HostNode {
  /** Where peers send to. */
  readonly publicIps: readonly IpAddress[];
  /** What the external interface has, where that is not `publicIps` (NAT). */
  readonly localIps?: readonly IpAddress[];
  /** The interface that carries the outer packets. */
  readonly externalInterface: { readonly name: string; readonly mtu: number };
  /** What is reached through that interface without a gateway; absent, nothing is. Matters to direct routes alone. */
  readonly onLink?: readonly IpPrefix[];
}

/** A way to carry packets between nodes, as pure functions from leases to rows. */
export interface Backend {
  /** flannel's `Backend.Type`. */
  readonly type: string;
  /** MTU of pods and of the overlay device, bytes. */
  readonly mtu: number;
  /** What to publish. `previous`: what this node published before; what identifies it (the VTEP MAC) is kept. */
  leaseAttributes(previous: LeaseAttributes | undefined): LeaseAttributes;
  /** Rows that the host needs with no peer there. */
  hostState(own: Lease): Row[];
  /** Rows that one peer adds; empty where it is refused. */
  peerState(own: Lease, peer: Lease): Row[];
  /** Why a peer has no rows, in a sentence: its lease is another backend's, or not to be trusted. Else undefined. */
  refusal(own: Lease, peer: Lease): string | undefined;
}

/** The cluster's configuration, the host, and what the host decides for itself. */
export interface BackendOptions {
  readonly config: NetworkConfig;
  readonly node: HostNode;
  /** What carries vxlan packets. */
  readonly dataplane: Dataplane;
  /** Six random bytes of any kind: they are made a locally administered unicast address. */
  readonly randomMac: () => MacAddress;
}
