/** The ends that a lab has: every host, its first pod, and what lies outside. */
import { readFileSync } from 'node:fs';
import { parseSubnetEnv } from '@podlan/fabric';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import { subnetFile } from '../lab/lab-agents.js';
import { familiesOf } from '../lab/lab-shape.js';
import type { LabState } from '../lab/lab-state.js';
import { underlayGateway } from '../lab/topology.js';
import type { End } from './end.js';
import type { WatchedHost } from './lookouts.js';

type Place = LabState['hosts'][number] | LabState['pods'][number];

const addressesOf = ({ address, addresses }: Place): IpAddress[] =>
  (addresses.length > 0 ? addresses : [address]).map((text) => parseIpAddress(text)!);

export function labEnds(state: LabState): End[] {
  const hosts = state.hosts.map((host): End => {
    const { name, netns } = host;
    return { name, node: name, kind: 'host', netns, addresses: addressesOf(host), isTalker: true };
  });
  const pods = state.hosts.flatMap(({ name: node }): End[] => {
    const pod = state.pods.find(({ host }) => host === node);
    if (pod === undefined) return [];
    const { name, netns } = pod;
    const { mtu } = parseSubnetEnv(readFileSync(subnetFile(state.name, node), 'utf8'));
    return [
      { name, node, kind: 'pod', netns, addresses: addressesOf(pod), isTalker: true, ...(mtu && { mtu }) },
    ];
  });
  return [...pods, ...hosts];
}

/** The switch, which has no route to pods: it answers whom the host masquerades. */
export function labOutside({ family, ipMasq }: LabState): End[] {
  const addresses = familiesOf(family).map(underlayGateway);
  return ipMasq ? [{ name: 'outside', node: 'outside', kind: 'outside', addresses, isTalker: false }] : [];
}

/** `eth0` leads to the switch. */
export const labHosts = ({ hosts }: LabState): WatchedHost[] =>
  hosts.map(({ name, netns }) => ({ name, netns, external: 'eth0' }));
