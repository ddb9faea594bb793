/** The devices of hosts and pods whose frames tell how far a packet came, in the order in which it passes them. */
import { runIn } from '@podlan/linux';
import { type Case, familyIn } from './cases.js';
import type { End, Lookout } from './end.js';

/** A host whose devices can be looked at. */
export interface WatchedHost {
  readonly name: string;
  /** Undefined: this process's own. */
  readonly netns: string | undefined;
  /** The device that leads to the other hosts. */
  readonly external: string;
}

export type LookoutsOf = (one: Case) => Promise<readonly Lookout[]>;

/** Each host is looked at when a case asks for it first. */
export function lookoutsAt(hosts: readonly WatchedHost[]): LookoutsOf {
  const known = new Map<string, Promise<readonly Lookout[]>>();
  const ofHost = async (node: string, one: Case): Promise<Lookout[]> => {
    const host = hosts.find(({ name }) => name === node);
    if (host === undefined) return [];
    const found = known.get(node) ?? hostLookouts(host);
    known.set(node, found);
    return (await found).filter((lookout) => isOfFamily(one, lookout));
  };
  return async (one) => {
    const { from, to } = one;
    const out = await ofHost(from.node, one);
    const into = to.node === from.node ? [] : (await ofHost(to.node, one)).reverse();
    return [...ofPod(from), ...out, ...into, ...ofPod(to)];
  };
}

/** Whether packets of a case pass there where all is well. Elsewhere are only their answers, or those that went astray. */
export function isOnWay({ from, to }: Case, { role, node }: Lookout): boolean {
  if (role === 'pod') return true;
  if (role === 'bridge') return [from, to].some((end) => end.kind === 'pod' && end.node === node);
  if (from.node === to.node) return false;
  return role === 'external' || to.kind === 'pod' || to.kind === 'peer';
}

const ofPod = ({ kind, node, name, netns }: End): Lookout[] =>
  kind === 'pod' ? [{ role: 'pod', node, name, netns, device: 'eth0', linkType: 'ethernet' }] : [];

/** The overlay of each family is a device of its own. */
const OVERLAY_V6 = 'flannel-v6';
const isOfFamily = (one: Case, { role, device }: Lookout): boolean =>
  role !== 'overlay' || device.startsWith(OVERLAY_V6) === (familyIn(one) === 6);

const ORDER: readonly Lookout['role'][] = ['pod', 'bridge', 'overlay', 'external'];

function roleOf(device: string, external: string): Lookout['role'] | undefined {
  if (device === external) return 'external';
  if (device.startsWith('flannel')) return 'overlay';
  return device.startsWith('cni') ? 'bridge' : undefined;
}

/** `{}` stands for each device that `up` leaves out. */
type LinkJson = { readonly ifname?: string; readonly link_type?: string };

async function hostLookouts({ name, netns, external }: WatchedHost): Promise<Lookout[]> {
  const { stdout } = await runIn(netns, ['ip', '-j', 'link', 'show', 'up']);
  return (JSON.parse(stdout || '[]') as LinkJson[])
    .flatMap(({ ifname: device = '', link_type }): Lookout[] => {
      const role = roleOf(device, external);
      const linkType = link_type === 'none' ? 'raw' : 'ethernet';
      return role === undefined ? [] : [{ role, node: name, name, netns, device, linkType }];
    })
    .sort((a, b) => ORDER.indexOf(a.role) - ORDER.indexOf(b.role));
}
