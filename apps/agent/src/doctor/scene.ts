/** What a check sees: one node, what is known of its peers, and what was tried on it. */
import type {
  ControlSnapshot,
  LeaseSnapshot,
  LinkSnapshot,
  MachineSnapshot,
  NamespaceSnapshot,
  NodeSnapshot,
} from '@podlan/simulator/snapshot';
import { type Family, familyOf, type IpAddress, type IpPrefix, parseMacAddress } from '@podlan/wire';
import type { PeerProbe } from './live/peer-probe.js';

export interface Scene {
  readonly node: string;
  readonly snapshot: NodeSnapshot;
  readonly host: NamespaceSnapshot;
  readonly control: ControlSnapshot;
  /** Empty where nothing of it was read. */
  readonly machine: MachineSnapshot;
  /** Other nodes of the cluster whose snapshots were given. */
  readonly others: readonly NodeSnapshot[];
  readonly leases?: Leases;
  readonly overlays: readonly Overlay[];
  /** Of a live node: what came of a packet to each peer. */
  readonly probes?: readonly PeerProbe[];
}

export interface Leases {
  readonly own?: LeaseSnapshot;
  readonly peers: readonly LeaseSnapshot[];
  /** Whether there are no others: then what leads elsewhere was left over. */
  readonly areAll: boolean;
  /** The command that shows them. */
  readonly from: string;
}

/** A device that leads to the pods of other nodes. */
export interface Overlay {
  readonly link: LinkSnapshot;
  readonly name: string;
  readonly family: Family;
  readonly kind: 'vxlan' | 'tap' | 'tun';
}

type ProbesByNode = ReadonlyMap<string, readonly PeerProbe[]>;

/** Of what was given, the nodes that carry pods: others are switches, or hosts with neither podlan nor flannel. */
export function scenesOf(snapshots: readonly NodeSnapshot[], probes?: ProbesByNode): Scene[] {
  const nodes = snapshots.filter(({ control }) => control !== undefined);
  return nodes.map((snapshot) => {
    const others = nodes.filter((one) => one !== snapshot);
    const ofNode = probes?.get(snapshot.node);
    return { ...sceneOf(snapshot, others), ...(ofNode && { probes: ofNode }) };
  });
}

function sceneOf(snapshot: NodeSnapshot, others: readonly NodeSnapshot[]): Scene {
  const [host] = snapshot.namespaces as [NamespaceSnapshot];
  const told = snapshot.control!;
  const leases = leasesFrom(told) ?? leasesOfOthers(snapshot, others);
  const external = told.interface ?? interfaceOf(host, leases?.own);
  const control = {
    ...told,
    subnets: wholeSubnets(told.subnets, leases?.own),
    ...(external && { interface: external }),
  };
  const base = { node: snapshot.node, snapshot, host, control, others, machine: snapshot.machine ?? {} };
  return { ...base, overlays: overlaysOf(host), ...(leases && { leases }) };
}

/** A family that subnet.env has lost is in the lease: without it, all that leads to peers would look left over. */
const wholeSubnets = (told: readonly IpPrefix[], own: LeaseSnapshot | undefined): IpPrefix[] => {
  const families = told.map(familyOf);
  return [...told, ...(own?.subnets ?? []).filter((subnet) => !families.includes(familyOf(subnet)))];
};

/** Without a vxlan device nothing tells which it is, but that it has the address of the lease. */
function interfaceOf(
  { addresses }: NamespaceSnapshot,
  own: LeaseSnapshot | undefined,
): ControlSnapshot['interface'] {
  const publicIps = own?.endpoints.map(({ publicIp }) => publicIp) ?? [];
  const found = addresses.find(({ addr_info }) => addr_info.some(({ local }) => publicIps.includes(local)));
  if (found === undefined) return undefined;
  return { name: found.ifname, addresses: found.addr_info.map(({ local }) => local), publicIps };
}

function leasesFrom({ leases, source }: ControlSnapshot): Leases | undefined {
  if (leases === undefined) return undefined;
  const own = leases.find((lease) => lease.own);
  const from = source === 'podlan' ? 'podlan status' : 'podlan leases';
  return { ...(own && { own }), peers: leases.filter((lease) => !lease.own), areAll: true, from };
}

/** Nobody told of leases: those of the nodes that are here are read from what they are. */
function leasesOfOthers(snapshot: NodeSnapshot, others: readonly NodeSnapshot[]): Leases | undefined {
  if (others.length === 0) return undefined;
  const peers = others.flatMap((one) => leaseByState(one) ?? []);
  const own = leaseByState(snapshot);
  return { ...(own && { own }), peers, areAll: false, from: 'podlan snapshot (on the peers)' };
}

/** What a node must have published, by its subnet.env or agent, and its devices. */
export function leaseByState({ control, namespaces: [host] }: NodeSnapshot): LeaseSnapshot | undefined {
  if (control === undefined || host === undefined || control.subnets.length === 0) return undefined;
  const overlays = overlaysOf(host);
  const endpoints = (control.interface?.publicIps ?? []).map((publicIp) => {
    const overlay = overlays.find(({ family }) => family === familyOf(publicIp));
    const mac = parseMacAddress(overlay?.link.address ?? '');
    return { publicIp, ...(mac !== undefined && overlay?.kind !== 'tun' && { vtepMac: mac }) };
  });
  return { subnets: control.subnets, backendType: control.backend ?? '', endpoints };
}

const OVERLAY_NAME = /^flannel(-v6)?[.]?\d+$/;

export function overlaysOf({ links }: NamespaceSnapshot): Overlay[] {
  return links.flatMap((link): Overlay[] => {
    const { info_kind: kind, info_data: data } = link.linkinfo ?? {};
    if (!OVERLAY_NAME.test(link.ifname) || (kind !== 'vxlan' && kind !== 'tun')) return [];
    const family = link.ifname.startsWith('flannel-v6') ? 6 : 4;
    const ofTun = data?.type === 'tap' ? 'tap' : 'tun';
    return [{ link, name: link.ifname, family, kind: kind === 'vxlan' ? 'vxlan' : ofTun }];
  });
}

export const ofFamily = <T extends IpAddress | IpPrefix>(
  values: readonly T[],
  family: Family,
): T | undefined => values.find((value) => familyOf(value) === family);

export const linkOf = ({ links }: NamespaceSnapshot, name: string | undefined): LinkSnapshot | undefined =>
  links.find(({ ifname }) => ifname === name);

export const isUp = ({ flags }: LinkSnapshot): boolean => flags.includes('UP');

/** By its key with slashes; undefined where it was not read. */
export const sysctl = ({ sysctls }: NamespaceSnapshot, key: string): string | undefined => sysctls[key];

/** As `sysctl` prints it. */
export const sysctlText = (key: string, value: string): string => `${sysctlName(key)} = ${value}`;

/** Between dots a dot is a slash. */
export const sysctlName = (key: string): string =>
  key.replace(/[./]/g, (separator) => (separator === '.' ? '/' : '.'));

export const familiesOf = ({ control }: Scene): Family[] => [...new Set(control.subnets.map(familyOf))];

/** By the lease: subnet.env is a copy of it, and may be an old one. */
export const leasedSubnets = ({ leases, control }: Scene): readonly IpPrefix[] =>
  (leases?.areAll ? leases.own?.subnets : undefined) ?? control.subnets;

/** Why a check that asks about leases does not look where nobody tells them. */
export const NO_LEASES =
  'no leases are known: run podlan agent here, or tell where flannel keeps them (--etcd-endpoints, --kube-subnet-mgr), ' +
  'or give the snapshots of several nodes';
