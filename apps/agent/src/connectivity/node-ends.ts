/** The ends on a node of a real cluster: this host, one of its pods, and the peers that its agent knows. */
import { contains, nthAddress } from '@podlan/linux/prefix';
import type { NamespaceSnapshot } from '@podlan/simulator/snapshot';
import { familyOf, type IpAddress, parseIpAddress, prefixAddress } from '@podlan/wire';
import { askAgent } from '../agent/control-socket.js';
import { podsOfNode } from '../snapshot/capture-node.js';
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
  return { from: [host, ...(await podOf(status, socketPath))], peers: status.peers.map(peerEnd), watched };
}

type Peer = AgentStatus['peers'][number];

/** Its VTEP, which has the first address of its subnet; with host-gw, its bridge. */
function peerEnd({ publicIps, subnets, backendType }: Peer): End {
  const hasVtep = backendType !== 'host-gw';
  const addresses = subnets.map((subnet) => (hasVtep ? prefixAddress(subnet) : nthAddress(subnet, 1)));
  const name = publicIps.join(',');
  return { name, node: name, kind: 'peer', addresses, isTalker: false };
}

/** One is enough, and containers of others, such as Docker's, are none. */
async function podOf({ name: node, lease }: AgentStatus, socketPath: string): Promise<End[]> {
  const subnets = lease?.subnets ?? [];
  for await (const { pod, path } of podsOfNode({ name: node, socketPath })) {
    const own = globalAddresses(pod).filter((one) => subnets.some((subnet) => contains(subnet, one)));
    const mtu = pod.links.find(({ ifname }) => ifname === 'eth0')?.mtu;
    if (own.length === 0 || mtu === undefined) continue;
    return [
      { name: pod.name, node, kind: 'pod', netns: path, addresses: oneOfEach(own), mtu, isTalker: false },
    ];
  }
  return [];
}

const globalAddresses = ({ addresses }: NamespaceSnapshot): IpAddress[] =>
  addresses
    .flatMap(({ addr_info }) => addr_info)
    .filter(({ scope }) => scope === 'global')
    .flatMap(({ local }) => parseIpAddress(String(local)) ?? []);

const oneOfEach = (addresses: readonly IpAddress[]): IpAddress[] => [
  ...new Map([...addresses].reverse().map((one) => [familyOf(one), one])).values(),
];
