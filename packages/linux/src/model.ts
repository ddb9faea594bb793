/**
 * Kernel networking as data: the rows of state podlan cares for, and the three methods of a kernel that holds them.
 *
 * A row is plain JSON. Two rows describe the same kernel object when their `rowKey` is equal; `diff` compares the rest.
 * Nothing here does I/O: a browser can hold a kernel state, diff it and draw it.
 * @module @podlan/linux/model
 */
import type { InterfaceAddress, IpAddress, IpPrefix, MacAddress } from '@podlan/wire';

/**
 * The routing protocol number podlan stamps on its routes (`ip route … proto 80`), so that they are known as its own.
 */
export const ROUTE_PROTOCOL = 80;

/** What devices of every type have. */
export interface LinkBase {
  readonly kind: 'link';
  readonly name: string;
  /** Absent: any address will do (it is then the kernel's choice). */
  readonly mac?: MacAddress;
  readonly mtu: number;
  readonly up: boolean;
  /** The bridge this link is a port of. */
  readonly master?: string;
  /** Bridge port flag: frames may leave by the port they came in (a pod reaching its own service address). */
  readonly hairpin?: boolean;
}
/** A network device of a kind that podlan makes. What differs by kind is known by its `type`. */
export type Link = LinkBase &
  (
    | {
        readonly type: 'vxlan';
        readonly vni: number;
        /** UDP destination port. */
        readonly port: number;
        /** Outer source address. */
        readonly local: IpAddress;
        /** The lower device. */
        readonly dev: string;
        readonly learning: boolean;
        readonly gbp: boolean;
      }
    /** A persistent TAP or TUN, with `vnet_hdr`. */
    | { readonly type: 'tap' | 'tun' }
    | { readonly type: 'bridge' }
    /** `peer` is needed to make one; where the other end lies in another namespace a snapshot cannot tell its name. */
    | { readonly type: 'veth'; readonly peer?: { readonly name: string; readonly netns?: string } }
  );

/** An address on a device, as `ip address` shows it: with the length of its on-link prefix. */
export interface Address {
  readonly kind: 'address';
  readonly dev: string;
  readonly address: InterfaceAddress;
}

/** A permanent entry of the ARP/ND table. */
export interface Neighbor {
  readonly kind: 'neighbor';
  readonly dev: string;
  readonly address: IpAddress;
  readonly mac: MacAddress;
}

/** A permanent `self` entry of a vxlan device's forwarding database: inner destination MAC -> outer destination. */
export interface FdbEntry {
  readonly kind: 'fdb';
  readonly dev: string;
  readonly mac: MacAddress;
  readonly dst: IpAddress;
}

/** A route of the main table. */
export interface Route {
  readonly kind: 'route';
  readonly prefix: IpPrefix;
  readonly dev: string;
  readonly via?: IpAddress;
  readonly onlink?: boolean;
  readonly metric?: number;
  /** Routing protocol number, {@link ROUTE_PROTOCOL} for podlan's; absent for `boot`. Not compared by `diff`. */
  readonly protocol?: number;
}

/** `key` with slashes, relative to /proc/sys: `net/ipv4/ip_forward`. */
export interface Sysctl {
  readonly kind: 'sysctl';
  readonly key: string;
  readonly value: string;
}

/**
 * A base chain of podlan's own nftables table (`table inet podlan`) with all its rules, replaced as a whole. To accept a
 * packet ends one chain alone, so the rules of a forward chain count in the forward chains of other tables too, where
 * these drop what no rule of their own decides: such a chain has one jump, with the comment `podlan`, to a copy of them.
 */
export interface Chain {
  readonly kind: 'chain';
  readonly name: string;
  readonly type: 'nat' | 'filter';
  readonly hook: 'postrouting' | 'forward';
  readonly priority: number;
  /** Each rule: the `expr` array as `nft -j list` prints it. */
  readonly rules: readonly (readonly unknown[])[];
  /**
   * In a snapshot, never in what should be: the chains of other tables (`ip filter FORWARD`) whose jump to this one is
   * missing, outdated or no longer needed.
   */
  readonly misplacedIn?: readonly string[];
}

/** What forwarders of every type have. */
export interface ForwarderBase {
  readonly kind: 'forwarder';
  readonly dev: string;
  /** Local UDP address and port the socket is bound to. */
  readonly local: IpAddress;
  readonly port: number;
  /** The pod networks: inner sources inside must come from the node that leases their subnet. */
  readonly networks: readonly IpPrefix[];
  /** Our own subnets: no peer may send from these. */
  readonly subnets: readonly IpPrefix[];
}

/** The WASM forwarder serving one device: present when it holds the device and the socket open and carries packets. */
export type ForwarderRow = ForwarderBase &
  (
    | {
        /** Ethernet frames of a TAP, in VXLAN. */
        readonly type: 'vxlan';
        readonly vni: number;
        /** MAC of the device: inner frames for any other are dropped. */
        readonly mac: MacAddress;
      }
    | {
        /** IPv4 packets of a TUN, each the payload of a datagram, as flannel's udp backend has them. */
        readonly type: 'udp';
        /** Of the device: what tells senders that nobody has the subnet they send to. */
        readonly address: IpAddress;
      }
  );

/** One entry of the WASM forwarder's table: packets for `prefix` go to the node at `remote`. */
export interface Tunnel {
  readonly kind: 'tunnel';
  readonly dev: string;
  readonly prefix: IpPrefix;
  readonly remote: IpAddress;
  readonly port: number;
}

/** One object of a kernel's network state, told apart by `kind`. Plain JSON: equal text is an equal row. */
export type Row = Link | Address | Neighbor | FdbEntry | Route | Sysctl | Chain | ForwarderRow | Tunnel;
/** The table a row stands in. */
export type Table = Row['kind'];

/**
 * Which rows are ours. A snapshot returns these rows and no others; nothing else is ever changed.
 * - links, addresses, neighbors, FDB entries, forwarders, tunnels: those on `devices`
 * - routes: those out of `devices` (but `proto kernel`), and any that carries {@link ROUTE_PROTOCOL}
 * - sysctls: the keys named
 * - chains: all of podlan's table, when `chains` is true; with them the jumps to a forward chain in other tables
 */
export interface Scope {
  readonly devices: readonly string[];
  readonly sysctls: readonly string[];
  readonly chains: boolean;
  /** Rows of these tables alone, where not all are worth the time; all when absent. */
  readonly tables?: readonly Table[];
}

/**
 * `add` of a row that exists and `delete` of one that does not are done, not failed (replace semantics).
 * `replace` changes what can be changed in place; a link whose kind or creation attributes differ comes as delete + add.
 */
export interface Change {
  readonly op: 'add' | 'replace' | 'delete';
  readonly row: Row;
}

/** A change that was not made, and why: of the real kernel a LinuxError. */
export interface Failure {
  readonly change: Change;
  readonly error: Error;
}

/**
 * Whatever holds rows: this machine's kernel, one namespace of it, the forwarder, a simulation. All I/O on network
 * state goes through these three methods.
 */
export interface Kernel {
  /** The rows in `scope` as they are now. */
  snapshot(scope: Scope): Promise<Row[]>;
  /**
   * Makes the changes in the order given. Not atomic: goes on after a failure and returns one entry per failed change.
   */
  apply(changes: readonly Change[]): Promise<Failure[]>;
  /** Yields the name of a table whenever something in it may have changed: look again. Ends when `signal` aborts. */
  watch(signal: AbortSignal): AsyncIterable<Table>;
}

export { commandLines } from './command-lines.js';
export { diff } from './diff.js';
export { MemoryKernel } from './memory-kernel.js';
export type { NftListing } from './model/nft-listing.js';
export { chainCommands, forwardJumpCommands, podlanChains } from './model/podlan-chains.js';
export { nftRuleText } from './nft-text.js';
export { defaultMetric, deviceOf, isInScope, rowKey, rowText, scopeOf } from './rows.js';
export { TableWatchers } from './table-watchers.js';
