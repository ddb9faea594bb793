/** What a host has outside of the tables of its namespace: counters, and the files of its container network. */
import type { ClockSnapshot, DeviceFeatures, MachineSnapshot, MacPolicy } from '@podlan/simulator/snapshot';
import type { Netns } from '../tool-text.js';
import { readCniConfigs, readReservations, readSubnetEnv } from './host-files.js';
import { readConntrack, readNeighborTables, readUdpCounters } from './stack-counters.js';

/** Where a host keeps what its namespaces share; whatever is not told is not looked at. */
export interface HostFiles {
  /** flannel's subnet.env. */
  readonly subnetFile?: string;
  /** With a file for each CNI network. */
  readonly cniConfigDirectory?: string;
  /** host-local's, with a directory for each CNI network. */
  readonly ipamDirectory?: string;
}

/** Parts that only a lease store or the tools of a whole machine can tell. */
export interface MachineParts {
  readonly clock?: ClockSnapshot;
  readonly offloads?: readonly DeviceFeatures[];
  readonly macPolicies?: readonly MacPolicy[];
}

/** A part that can't be read is left out. */
export async function readMachine(
  netns: Netns,
  { subnetFile, cniConfigDirectory, ipamDirectory }: HostFiles,
  parts: MachineParts = {},
): Promise<MachineSnapshot> {
  const [conntrack, udp, neighborTables, subnetEnv, cniConfigs, reservations] = await Promise.all([
    readConntrack(netns),
    readUdpCounters(netns),
    readNeighborTables(netns),
    subnetFile === undefined ? undefined : readSubnetEnv(subnetFile),
    cniConfigDirectory === undefined ? undefined : readCniConfigs(cniConfigDirectory),
    ipamDirectory === undefined ? undefined : readReservations(ipamDirectory),
  ]);
  const read = { conntrack, udp, neighborTables, subnetEnv, cniConfigs, reservations, ...parts };
  return Object.fromEntries(Object.entries(read).filter(([, part]) => part !== undefined));
}
