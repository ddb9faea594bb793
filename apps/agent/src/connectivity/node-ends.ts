/** The ends on a node of a real cluster: this host, one of its pods, and the peers that its agent knows. */
import { nthAddress } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, parseIpAddress, prefixAddress } from '@podlan/wire';
import { askAgent } from '../agent/control-socket.js';
import { captureNode } from '../snapshot/capture-node.js';
import { knownNamespaces } from '../snapshot/known-namespaces.js';
import type { AgentStatus } from '../status/agent-status.js';
import type { End } from './end.js';
import type { WatchedHost } from './lookouts.js';

export interface NodeEnds {
  /** This host, and one of its pods. */
  readonly from: readonly [End, ...End[]];
  readonly peers: readonly End[];
  /** Its own devices; those of peers are out of reach. */
  readonly watched: WatchedHost;
}

export async function nodeEnds(socketPath: string): Promise<NodeEnds> {
  const status = (await askAgent(socketPath, '/status')) as AgentStatus;
  const { name, mtu } = status;
  const addresses = status.interface.addresses.filter((one) => parseIpAddress(one) !== undefined);
  const host: End = { name, node: name, kind: 'host', addresses, mtu, isTalker: false };
  const watched = { name, netns: undefined, external: status.interface.name };
  return { from: [host, ...(await podOf(name, socketPath))], peers: status.peers.map(peerEnd), watched };
}

type Peer = AgentStatus['peers'][number];

/** Its VTEP, which has the first address of its subnet; with host-gw, its bridge. */
function peerEnd({ publicIps, subnets, backendType }: Peer): End {
  const hasVtep = backendType !== 'host-gw';
  const addresses = subnets.map((subnet) => (hasVtep ? prefixAddress(subnet) : nthAddress(subnet, 1)));
  const name = publicIps.join(',');
  return { name, node: name, kind: 'peer', addresses, isTalker: false };
}

async function podOf(node: string, socketPath: string): Promise<End[]> {
  const { namespaces } = await captureNode({ name: node, socketPath });
  const known = await knownNamespaces();
  for (const { kind, name, netns, addresses, links } of namespaces) {
    const path = known.find((one) => one.netns === netns)?.path;
    const own = addresses
      .flatMap(({ addr_info }) => addr_info)
      .filter(({ scope }) => scope === 'global')
      .flatMap(({ local }) => parseIpAddress(String(local)) ?? []);
    const mtu = links.find(({ ifname }) => ifname === 'eth0')?.mtu;
    if (kind !== 'pod' || path === undefined || own.length === 0 || mtu === undefined) continue;
    return [{ name, node, kind: 'pod', netns: path, addresses: oneOfEach(own), mtu, isTalker: false }];
  }
  return [];
}

const oneOfEach = (addresses: readonly IpAddress[]): IpAddress[] => [
  ...new Map([...addresses].reverse().map((one) => [familyOf(one), one])).values(),
];
