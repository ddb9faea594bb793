/** Where frames of a lab are looked at: at every device of its hosts, pods and underlay. */
import { familyOf, type IpAddress, type LinkType } from '@podlan/wire';
import { underlayNetns } from '../../dist/lab/topology.js';
import { vethOf } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';

export interface Place {
  /** A pod, a host, or `underlay`. */
  readonly namespace: string;
  readonly netns: string;
  readonly device: string;
  readonly linkType: LinkType;
  /** A frame that comes in has one time of arrival for all devices that it climbs through: these are above others. */
  readonly isAbove: boolean;
}

export function placesOf(lab: TestLab): Place[] {
  const { hosts, pods } = lab.state;
  const underlay = { namespace: 'underlay', netns: underlayNetns(lab.name) };
  const atHost = (namespace: string) => ({ namespace, netns: lab.netns(namespace) });
  return [
    ...pods.flatMap((pod) => [
      lower({ namespace: pod.name, netns: pod.netns }, 'eth0'),
      lower(atHost(pod.host), vethOf(pod.name)),
    ]),
    ...hosts.flatMap(({ name }) => [
      lower(atHost(name), 'eth0'),
      ...['cni0', ...tunnelsOf(lab)].map((device) => above(atHost(name), device)),
    ]),
    ...hosts.map(({ name }) => lower(underlay, name)),
    above(underlay, 'br0'),
  ];
}

type Namespace = Pick<Place, 'namespace' | 'netns'>;
const lower = (where: Namespace, device: string): Place => ({
  ...where,
  device,
  linkType: 'ethernet',
  isAbove: false,
});
const above = (where: Namespace, device: string): Place => ({
  ...where,
  device,
  linkType: device === 'flannel0' ? 'raw' : 'ethernet',
  isAbove: true,
});

function tunnelsOf({ state: { backend, family } }: TestLab): string[] {
  if (backend === 'host-gw') return [];
  if (backend === 'udp') return ['flannel0'];
  return [...(family === 'ipv6' ? [] : ['flannel.1']), ...(family === 'ipv4' ? [] : ['flannel-v6.1'])];
}

/** Of a pod or host by its name; an address stands for itself. */
export function addressOf(lab: TestLab, place: string, family: 4 | 6): IpAddress {
  const named = [...lab.state.pods, ...lab.state.hosts].find(({ name }) => name === place);
  if (named === undefined) return place as IpAddress;
  return named.addresses.find((address) => familyOf(address as IpAddress) === family) as IpAddress;
}
