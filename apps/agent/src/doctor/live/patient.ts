/** Who is examined on a live kernel: one node, or every host of a lab. */
import type { LeaseSnapshot, NodeSnapshot } from '@podlan/simulator/snapshot';
import type { StoreChoice } from '../../agent/flags/store-flags.js';
import { listedLeases } from '../../agent/listed-leases.js';
import { netnsOf, requireLab } from '../../lab/lab.js';
import { captureLab } from '../../lab/lab-snapshot.js';
import { type CaptureOptions, captureNode } from '../../snapshot/capture-node.js';
import { leaseSnapshot } from '../../snapshot/leases.js';
import { overlaysOf } from '../scene.js';
import type { PeerProbe } from './peer-probe.js';
import { probePeers } from './probe-peers.js';

export interface Patient {
  look(): Promise<Look>;
  /** By the node's name; undefined: this process's own. */
  netnsOf(node: string): string | undefined;
}

export interface Look {
  readonly snapshots: readonly NodeSnapshot[];
  /** By node. */
  readonly probes?: ReadonlyMap<string, readonly PeerProbe[]>;
}

export function nodePatient(
  options: CaptureOptions,
  store: StoreChoice | undefined,
  probes: boolean,
): Patient {
  const netns = () => options.netns;
  return {
    netnsOf: netns,
    look: async () => {
      const taken = await captureNode(options);
      const snapshot = store === undefined ? taken : await withLeases(taken, store);
      return probed([snapshot], netns, probes);
    },
  };
}

export function labPatient(name: string, probes: boolean): Patient {
  const netns = (node: string) => netnsOf(requireLab(name), node);
  return { netnsOf: netns, look: async () => probed(await captureLab(requireLab(name)), netns, probes) };
}

/** With what the store says, which may be more than its agent has heard, or all there is. */
export async function withLeases(snapshot: NodeSnapshot, store: StoreChoice): Promise<NodeSnapshot> {
  const { control } = snapshot;
  if (control === undefined) return snapshot;
  const isOwn = ownBy(snapshot);
  const leases = (await listedLeases(store)).map((lease) => leaseSnapshot(lease, false));
  const found = leases.map((lease) => (isOwn(lease) ? { ...lease, own: true } : lease));
  return { ...snapshot, control: { ...control, leases: found } };
}

/** By any address that this host has, or is known by; behind NAT that nobody told of, by the MAC of its device. */
function ownBy({ control, namespaces: [host] }: NodeSnapshot): (lease: LeaseSnapshot) => boolean {
  const addresses = new Set<string>([
    ...(control?.interface?.publicIps ?? []),
    ...host!.addresses.flatMap(({ addr_info }) => addr_info.map(({ local }) => local)),
  ]);
  const macs = new Set(overlaysOf(host!).map(({ link }) => link.address));
  return ({ endpoints }) =>
    endpoints.some(({ publicIp, vtepMac }) => addresses.has(publicIp) || macs.has(vtepMac ?? 'none'));
}

async function probed(
  snapshots: readonly NodeSnapshot[],
  netns: (node: string) => string | undefined,
  wanted: boolean,
): Promise<Look> {
  return wanted ? { snapshots, probes: await probePeers(snapshots, netns) } : { snapshots };
}
