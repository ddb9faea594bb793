/** Where in a network something is, in a reader's words: hosts and pods. */
import type { IpAddress } from '@podlan/wire';
import type { Netns } from './kernel/netns.js';
import type { SimNetwork } from './sim-network.js';
import type { LeftOut } from './trace/doubts.js';

/** A namespace of a node: its host's, or a pod's. */
export interface NetworkPlace {
  /** Of the namespace in the network: the node's or the pod's, with `@` and the node where several have it. */
  readonly name: string;
  readonly node: string;
  readonly kind: 'host' | 'pod';
  readonly netns: Netns;
  /** Of the pod, or of the host: but for those that only it can use. */
  readonly addresses: readonly IpAddress[];
  /** By which other nodes know the host, where its agent tells: behind NAT no device has them. */
  readonly publicIps?: readonly IpAddress[];
}

/** A network whose namespaces are known by what they are. `SimCluster` and `SnapshotCluster` are such. */
export interface PlacedNetwork {
  readonly network: SimNetwork;
  readonly places: readonly NetworkPlace[];
  /** Of a snapshot: what is in it, and not simulated. */
  readonly leftOut?: readonly LeftOut[];
}
