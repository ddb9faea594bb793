/** The ends that a lab has: every host, its first pod, and what lies outside. */
import { readFileSync } from 'node:fs';
import { parseSubnetEnv } from '@podlan/fabric';
import { runIn } from '@podlan/linux';
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import { subnetFile } from '../lab/lab-agents.js';
import { familiesOf } from '../lab/lab-shape.js';
import type { LabState } from '../lab/lab-state.js';
import { underlayGateway } from '../lab/topology.js';
import { type Case, familyIn } from './cases.js';
import type { End, Lookout } from './end.js';

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

interface LinkJson {
  readonly ifname: string;
  readonly link_type: string;
  readonly master?: string;
  readonly flags: readonly string[];
}

/** Of every place of the lab, in which order packets pass them on their way out. */
export async function labLookouts(state: LabState): Promise<(one: Case) => Lookout[]> {
  const found = new Map<string, readonly Lookout[]>();
  for (const { name, netns } of state.pods) found.set(name, [{ ...PODS_DEVICE, node: name, name, netns }]);
  for (const host of state.hosts) found.set(host.name, await hostLookouts(host));
  return (one) => {
    const { from, to } = one;
    const isOnWay = ({ device }: Lookout) =>
      device.startsWith(OVERLAY_V6) === (familyIn(one) === 6) || !device.startsWith('flannel');
    const [out, into] = [from.node, to.node].map((node) => (found.get(node) ?? []).filter(isOnWay)) as [
      Lookout[],
      Lookout[],
    ];
    const ofPod = ({ kind, name }: End) => (kind === 'pod' ? (found.get(name) ?? []) : []);
    return [...ofPod(from), ...out, ...(to.node === from.node ? [] : [...into].reverse()), ...ofPod(to)];
  };
}

/** The overlay of each family is a device of its own. */
const OVERLAY_V6 = 'flannel-v6';
const PODS_DEVICE = { device: 'eth0', linkType: 'ethernet' } as const;

/** The bridge first, then the overlay, then the way out. */
const ORDER = ['cni', 'flannel', 'eth'];
const orderOf = ({ device }: Lookout): number => ORDER.findIndex((start) => device.startsWith(start));

async function hostLookouts({ name, netns }: LabState['hosts'][number]): Promise<Lookout[]> {
  const { stdout } = await runIn(netns, ['ip', '-j', 'link', 'show', 'up']);
  return (
    (JSON.parse(stdout || '[]') as LinkJson[])
      // `{}` stands for each device that `up` leaves out.
      .filter(({ ifname }) => ifname !== undefined)
      .filter(({ master, flags }) => master === undefined && !flags.includes('LOOPBACK'))
      .map(({ ifname: device, link_type }): Lookout => {
        return {
          ...{ node: name, name, netns, device },
          linkType: link_type === 'none' ? 'raw' : 'ethernet',
        };
      })
      .filter((lookout) => orderOf(lookout) >= 0)
      .sort((a, b) => orderOf(a) - orderOf(b))
  );
}
