/** What the rules of a node say of packets that it is to forward: computed, by the netfilter of the simulator. */
import { nthAddress } from '@podlan/linux/prefix';
import { probe, SimNetwork } from '@podlan/simulator';
import { loadSnapshots } from '@podlan/simulator/snapshot';
import { familyOf, type IpAddress } from '@podlan/wire';
import { ofFamily, type Scene } from './scene.js';

export interface PacketVerdict {
  /** `tcp from 10.244.1.2 to 10.244.2.2`. */
  readonly flow: string;
  /** `in by cni0 and out by flannel.1`. */
  readonly way: string;
  /** Where it is dropped: `ip filter FORWARD`, and the rule. */
  readonly chain?: string;
  readonly rule?: string;
}

type SimNetns = Parameters<typeof probe>[0];

/** Any address of a subnet that a pod may have: rules for single pods are policies, and meant. */
const POD = 2;

/** Undefined where no two ends are known. A packet to a peer's pods and one from there, of each family. */
export async function packetVerdicts(scene: Scene): Promise<PacketVerdict[] | undefined> {
  const { control, leases, snapshot, host } = scene;
  const [peer] = leases?.peers ?? [];
  const bridge = podDevice(scene);
  const ends = control.subnets.flatMap((own) => {
    const theirs = ofFamily(peer?.subnets ?? [], familyOf(own));
    return theirs === undefined ? [] : [[nthAddress(own, POD), nthAddress(theirs, POD)] as const];
  });
  if (ends.length === 0 || bridge === undefined) return undefined;
  const { places } = await loadSnapshots([{ ...snapshot, namespaces: [host] }]);
  const netns = places[0]!.netns;
  return ends.flatMap(([own, theirs]) => {
    const device = deviceTo(scene, theirs);
    if (device === undefined) return [];
    const there = verdictOf(netns, tcpPacket(own, theirs), { iif: bridge, oif: device });
    const back = verdictOf(netns, tcpPacket(theirs, own), { iif: device, oif: bridge });
    return [
      { flow: `tcp from ${own} to ${theirs}`, ...there },
      { flow: `tcp from ${theirs} to ${own}`, ...back },
    ];
  });
}

/** The device that has the first address of this node's subnet: the bridge of its pods. */
export function podDevice({ host, control }: Scene): string | undefined {
  const gateways = new Set(control.subnets.map((subnet) => nthAddress(subnet, 1)));
  const found = host.addresses.find(({ addr_info }) => addr_info.some(({ local }) => gateways.has(local)));
  return found?.ifname ?? host.links.find(({ ifname }) => ifname === 'cni0')?.ifname;
}

const deviceTo = ({ overlays, control }: Scene, address: IpAddress): string | undefined =>
  overlays.find(({ family }) => family === familyOf(address))?.name ?? control.interface?.name;

interface Way {
  readonly iif: string;
  readonly oif: string;
}

function verdictOf(netns: SimNetns, packet: Uint8Array, { iif, oif }: Way): Omit<PacketVerdict, 'flow'> {
  const { netfilter } = netns;
  // A connection begins at prerouting: without it a rule about its state would see none.
  const routed = netfilter.pass('prerouting', { packet, iif, mark: 0, toLocal: false });
  const isThrough = routed.verdict === 'accept';
  const passed = isThrough
    ? netfilter.pass('forward', { packet: routed.packet, iif, oif, mark: routed.mark })
    : routed;
  const way = `in by ${iif} and out by ${oif}`;
  if (passed.verdict === 'accept') return { way };
  const last = passed.matches.at(-1);
  return { way, chain: `${last?.table} ${last?.chain}`, rule: last?.rule ?? 'a rule' };
}

/** Nobody sends it: it is made where nothing is, and shown to the rules. */
const tcpPacket = (source: IpAddress, destination: IpAddress): Uint8Array =>
  probe(new SimNetwork().addNetns('nowhere'), { source, destination, protocol: 'tcp', waitMs: 0 }).packet;
