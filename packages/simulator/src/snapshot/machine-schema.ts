/**
 * What a check of a node asks about and no table of a namespace has: counters of its network stack, features of devices,
 * and files of its host. Every part may be absent, and is where it was not or could not be read.
 */
import type { IpAddress, IpPrefix } from '@podlan/wire';
import * as v from 'valibot';
import { address, deviceName, may, prefix, whole } from './field.js';

/** Of one host, outside of the tables of its namespace. */
export interface MachineSnapshot {
  readonly conntrack?: ConntrackSnapshot;
  /** Since the namespace was made, both families together. */
  readonly udp?: UdpCounters;
  readonly neighborTables?: readonly NeighborTable[];
  /** As `ethtool -k` names and shows them, of overlay devices and those below them. */
  readonly offloads?: readonly DeviceFeatures[];
  /** In the order in which runtimes read them: the first is the one in use. */
  readonly cniConfigs?: readonly CniConfig[];
  readonly subnetEnv?: SubnetEnvFile;
  /** Addresses that host-local has given out. */
  readonly reservations?: readonly Reservation[];
  readonly clock?: ClockSnapshot;
  /** What may give flannel's devices another MAC than their makers. */
  readonly macPolicies?: readonly MacPolicy[];
}

/** Connections that the kernel follows; `insertFailed` and `dropped` since the namespace was made. */
export interface ConntrackSnapshot {
  readonly count: number;
  readonly max: number;
  readonly insertFailed: number;
  readonly dropped: number;
}

/** Of /proc/net/snmp and snmp6. */
export interface UdpCounters {
  readonly inDatagrams: number;
  readonly noPorts: number;
  readonly inErrors: number;
  readonly inCsumErrors: number;
  readonly rcvbufErrors: number;
}

/** One for each family; all namespaces of the machine are counted together. */
export interface NeighborTable {
  readonly family: 'inet' | 'inet6';
  readonly count: number;
  /** How often the table was full since the machine was started. */
  readonly tableFulls?: number;
  readonly thresholds?: readonly [number, number, number];
}

/** What ethtool -k shows of an overlay device. */
export interface DeviceFeatures {
  readonly ifname: string;
  /** `tx-checksum-ip-generic`: on or off. */
  readonly features: Readonly<Record<string, boolean>>;
}

/** A file of /etc/cni/net.d. */
export interface CniConfig {
  readonly file: string;
  readonly name: string;
  /** Of its plugins, in their order. */
  readonly types: readonly string[];
  /** Those that its IPAM gives addresses of. */
  readonly subnets: readonly IpPrefix[];
}

/** The lines of subnet.env, as they are. */
export interface SubnetEnvFile {
  readonly lines: readonly string[];
}

/** A pod's address, as host-local keeps it in a file. */
export interface Reservation {
  /** Of the CNI network. */
  readonly network: string;
  readonly address: IpAddress;
  readonly container: string;
}

/** As adjtimex(2) tells. */
export interface ClockSnapshot {
  readonly synchronized: boolean;
}

/** What gives a device of flannel another MAC: the .link file of systemd that is for it, or NetworkManager. */
export interface MacPolicy {
  readonly file: string;
  /** `persistent` or `random` of systemd, `managed` of NetworkManager. */
  readonly policy: string;
  readonly ifname: string;
  /** How the device came by the MAC that it has; systemd leaves one alone that was not drawn at random. */
  readonly assigned?: 'permanent' | 'random' | 'stolen' | 'set';
}

export const Machine: v.GenericSchema<MachineSnapshot> = v.object({
  conntrack: may(v.object({ count: whole, max: whole, insertFailed: whole, dropped: whole })),
  udp: may(
    v.object({
      inDatagrams: whole,
      noPorts: whole,
      inErrors: whole,
      inCsumErrors: whole,
      rcvbufErrors: whole,
    }),
  ),
  neighborTables: may(
    v.array(
      v.object({
        family: v.picklist(['inet', 'inet6']),
        count: whole,
        tableFulls: may(whole),
        thresholds: may(v.tuple([whole, whole, whole])),
      }),
    ),
  ),
  offloads: may(v.array(v.object({ ifname: deviceName, features: v.record(v.string(), v.boolean()) }))),
  cniConfigs: may(
    v.array(
      v.object({
        file: v.string(),
        name: v.string(),
        types: v.array(v.string()),
        subnets: v.array(prefix),
      }),
    ),
  ),
  subnetEnv: may(v.object({ lines: v.array(v.string()) })),
  reservations: may(v.array(v.object({ network: v.string(), address, container: v.string() }))),
  clock: may(v.object({ synchronized: v.boolean() })),
  macPolicies: may(
    v.array(
      v.object({
        file: v.string(),
        policy: v.string(),
        ifname: deviceName,
        assigned: may(v.picklist(['permanent', 'random', 'stolen', 'set'])),
      }),
    ),
  ),
});
