/** What a node believes, for `podlan status` and for tests. */
import type { Row } from '@podlan/linux/model';
import type { IpAddress, IpPrefix } from '@podlan/wire';
import type { Lease } from './lease.js';

/** Another node, and whether its rows are in the kernel. */
export interface PeerState {
  readonly key: string;
  readonly subnets: readonly IpPrefix[];
  readonly publicIps: readonly IpAddress[];
  readonly backendType: string;
  /** When its lease ends unless it is renewed, in milliseconds since the epoch; absent where leases do not end. */
  readonly expiresAtMs?: number;
  /** `refused`: its lease, as it is now, is not programmed, for the `reason` given. */
  readonly status: 'programmed' | 'pending' | 'failed' | 'refused';
  readonly reason?: string;
}

/** The rows there should be on account of one lease: the host's own, or a peer's. Plain JSON. */
export interface DesiredState {
  /** Lease key of the peer, or `host`. */
  readonly owner: string;
  readonly subnets: readonly IpPrefix[];
  readonly publicIps: readonly IpAddress[];
  /** `diff([], rows)` has them in the order in which they can be made. */
  readonly rows: readonly Row[];
}

/** Which subnets, and at which addresses. */
export const endsOf = ({ subnets, attributes }: Lease): Pick<PeerState, 'subnets' | 'publicIps'> => ({
  subnets,
  publicIps: attributes.endpoints.map(({ publicIp }) => publicIp),
});

/** A change that the kernel refuses, and that is tried again. */
export interface FailureState {
  /** Lease key of the peer, or `host`. */
  readonly owner: string;
  /** The change that failed, as one line. */
  readonly change: string;
  readonly message: string;
  readonly attempts: number;
}

/** What happened since the node was started. */
export interface NodeCounters {
  readonly leaseEvents: number;
  /** Full comparisons of kernel and desired rows. */
  readonly reconciles: number;
  readonly changesApplied: number;
  /** Changes that put right what somebody else had changed. */
  readonly driftRepaired: number;
  readonly changesFailed: number;
  readonly watchesLost: number;
  /** Peers' leases that were not believed, once for each reason. */
  readonly leasesRefused: number;
  readonly leasesAcquired: number;
  readonly leasesRenewed: number;
}

/** One full comparison of the kernel's rows with those there should be. Plain JSON. */
export interface ReconcileReport {
  readonly tookMs: number;
  /** Rows put right that somebody else had changed, by kind; kinds without any are absent. */
  readonly repaired: Readonly<Partial<Record<Row['kind'], number>>>;
  /** Why the kernel's state could not be read. */
  readonly error?: string;
}

/** A node at one moment, its peers as they are when they are first looked at. Plain JSON. */
export interface NodeState {
  /** True once the host's own rows were made under this lease. */
  readonly ready: boolean;
  readonly lease?: Lease;
  readonly mtu: number;
  readonly peers: readonly PeerState[];
  readonly failures: readonly FailureState[];
  readonly store: {
    readonly watching: boolean;
    readonly error?: string;
    /** Entries that are no leases; absent where nobody else writes. */
    readonly entriesIgnored?: number;
  };
  readonly kernel: { readonly error?: string };
  /** The last things an operator should know, newest last. */
  readonly notices: readonly string[];
  readonly counters: NodeCounters;
}

export type Counts = { -readonly [K in keyof NodeCounters]: number };

export function zeroCounts(): Counts {
  return {
    leaseEvents: 0,
    reconciles: 0,
    changesApplied: 0,
    driftRepaired: 0,
    changesFailed: 0,
    watchesLost: 0,
    leasesRefused: 0,
    leasesAcquired: 0,
    leasesRenewed: 0,
  };
}
