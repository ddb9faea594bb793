/** What a host has outside of the tables of its namespace: counters, and the files of its container network. */
import type { LinkSnapshot, MachineSnapshot, NamespaceSnapshot } from '@podlan/simulator/snapshot';
import { overlaysOf } from '../../doctor/scene.js';
import type { Netns } from '../tool-text.js';
import { readCniConfigs, readReservations, readSubnetEnv } from './host-files.js';
import { readClock, readFeatures } from './kernel-parts.js';
import { readMacPolicies } from './mac-policies.js';
import { readStackCounters } from './stack-counters.js';

/** Where a host keeps what its namespaces share; whatever is not told is not looked at. */
export interface HostFiles {
  /** flannel's subnet.env. */
  readonly subnetFile?: string;
  /** With a file for each CNI network. */
  readonly cniConfigDirectory?: string;
  /** host-local's, with a directory for each CNI network. */
  readonly ipamDirectory?: string;
  /** `/`, where what runs on this machine runs for this host. */
  readonly systemRoot?: string;
}

/** A part that can't be read is left out. */
export async function readMachine(
  netns: Netns,
  host: NamespaceSnapshot,
  { subnetFile, cniConfigDirectory, ipamDirectory, systemRoot }: HostFiles,
): Promise<MachineSnapshot> {
  const overlays = overlaysOf(host).map(({ link }) => link);
  const read = {
    offloads: readFeatures(netns, [...new Set(overlays.flatMap(withLower))]),
    subnetEnv: subnetFile === undefined ? undefined : readSubnetEnv(subnetFile),
    cniConfigs: cniConfigDirectory === undefined ? undefined : readCniConfigs(cniConfigDirectory),
    reservations: ipamDirectory === undefined ? undefined : readReservations(ipamDirectory),
    clock: readClock(),
    macPolicies: systemRoot === undefined ? undefined : readMacPolicies(systemRoot, overlays),
  };
  const counters = readStackCounters(netns, host.sysctls);
  const parts = await Promise.all(
    Object.entries(read).map(async ([name, part]) => [name, await part] as const),
  );
  return Object.fromEntries(
    [...Object.entries(await counters), ...parts].filter(([, part]) => part !== undefined),
  );
}

/** The device, and the one that its tunnels leave by. */
const withLower = ({ ifname, linkinfo }: LinkSnapshot): string[] => {
  const lower = linkinfo?.info_data?.link;
  return lower === undefined ? [ifname] : [ifname, lower];
};
