/** What is sent through every lab, by how the lab is prepared for it. */
import { sh, vethOf } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';
import type { WayProbe } from './capture-way.js';

export interface FidelityProbe extends Omit<WayProbe, 'sourcePort'> {
  readonly title: string;
  /** It never becomes a packet. */
  readonly isRefused?: boolean;
  /** Packets are on their way at once. */
  readonly areSeveral?: boolean;
}

/** Probes for which the lab is as it is not usually. */
export interface Setting {
  readonly title: string;
  readonly probes: (lab: LabKind) => readonly FidelityProbe[];
  readonly prepare?: (lab: TestLab) => Promise<void>;
  readonly restore?: (lab: TestLab) => Promise<void>;
  /** Questions for neighbors are compared, too. */
  readonly withNeighbors?: boolean;
}

export interface LabKind {
  readonly backend: 'vxlan' | 'host-gw' | 'udp';
  readonly dataplane: 'kernel' | 'wasm';
}

export const OPEN_PORT = 8080;
const CLOSED_PORT = 9;
/** For what nobody answers. */
const SILENT = { timeoutMs: 50 };
const PODS = { from: 'pod-a1', to: 'pod-b1' };
/** Headers of IP and ICMP. */
const HEADER_BYTES = { 4: 28, 6: 48 };
/** What podlan gives pods. */
const POD_MTU = { vxlan: 1430, 'host-gw': 1500, udp: 1472 };
const UNDERLAY_MTU = 1500;

const familiesOf = ({ backend }: LabKind): readonly (4 | 6)[] => (backend === 'udp' ? [4] : [4, 6]);
const NOBODY = { 4: '10.244.2.99', 6: 'fd00:244:0:2::99' };
const UNLEASED = { 4: '10.244.9.9', 6: 'fd00:244:0:9::9' };
const OUTSIDE = { 4: '192.168.77.1', 6: 'fd00:77::1' };

const inEach = (probes: (family: 4 | 6, kind: LabKind) => readonly FidelityProbe[]) => (kind: LabKind) =>
  familiesOf(kind).flatMap((family) =>
    probes(family, kind).map((probe) => ({
      ...probe,
      family,
      title: family === 6 ? `${probe.title} in IPv6` : probe.title,
    })),
  );

const usual = inEach((family, kind) => [
  { title: 'a ping', ...PODS },
  { title: 'a datagram to an open port', ...PODS, ...SILENT, protocol: 'udp', port: OPEN_PORT },
  { title: 'a datagram to a closed port', ...PODS, protocol: 'udp', port: CLOSED_PORT },
  { title: 'a connection to an open port', ...PODS, protocol: 'tcp', port: OPEN_PORT },
  { title: 'a connection to a closed port', ...PODS, protocol: 'tcp', port: CLOSED_PORT },
  {
    ...{ title: 'a packet as big as can be', ...PODS, dontFragment: true },
    payloadBytes: POD_MTU[kind.backend] - HEADER_BYTES[family],
  },
  {
    ...{ title: 'a packet too big for its sender', ...PODS, dontFragment: true, isRefused: true },
    payloadBytes: POD_MTU[kind.backend] + 1 - HEADER_BYTES[family],
  },
  { title: 'a packet that its sender cuts', ...PODS, payloadBytes: 2000, areSeveral: true },
  { title: 'a TTL that ends at the first host', ...PODS, ttl: 1 },
  { title: 'a TTL that ends at the second host', ...PODS, ttl: 2 },
  { title: 'a pod to its own host', from: 'pod-a1', to: 'host-a' },
  { title: 'a pod to another host', from: 'pod-a1', to: 'host-b' },
  {
    title: 'a datagram of a pod to a closed port of another host',
    from: 'pod-a1',
    to: 'host-b',
    protocol: 'udp',
    port: CLOSED_PORT,
  },
  { title: 'a host to a pod of its own', from: 'host-a', to: 'pod-a1' },
  { title: 'a host to a pod of another', from: 'host-a', to: 'pod-b1' },
  { title: 'a pod to the outside', from: 'pod-a1', to: OUTSIDE[family] },
  {
    title: 'a datagram of a pod to the outside',
    from: 'pod-a1',
    to: OUTSIDE[family],
    protocol: 'udp',
    port: CLOSED_PORT,
  },
  { title: 'a pod to a subnet that nobody leases', from: 'pod-a1', to: UNLEASED[family], ...SILENT },
  {
    title: 'a datagram to a subnet that nobody leases',
    ...SILENT,
    from: 'pod-a1',
    to: UNLEASED[family],
    protocol: 'udp',
    port: CLOSED_PORT,
  },
]);

const tooWide = inEach((family, { backend }) =>
  backend === 'host-gw'
    ? []
    : [
        // Afterwards the pod knows what the tunnel takes.
        {
          ...{ title: 'a packet that may be cut, too big for the tunnel', ...PODS, areSeveral: true },
          payloadBytes: UNDERLAY_MTU - HEADER_BYTES[family],
        },
        {
          ...{ title: 'a packet too big for the tunnel', ...PODS, dontFragment: true },
          payloadBytes: UNDERLAY_MTU - HEADER_BYTES[family],
        },
      ],
);

const unasked = inEach(() => [{ title: 'a ping between pods that know no neighbors', ...PODS }]);

const unanswered = inEach((family) => [
  { title: 'a ping to an address that nobody has', from: 'pod-a1', to: NOBODY[family], timeoutMs: 4000 },
]);

export const SETTINGS: readonly Setting[] = [
  { title: 'as the lab is', probes: usual },
  {
    title: 'with a pod whose MTU is larger than the tunnel',
    probes: tooWide,
    prepare: (lab) => setPodMtu(lab, UNDERLAY_MTU),
    restore: (lab) => setPodMtu(lab, POD_MTU[lab.state.backend]),
  },
  { title: 'where nobody answers', probes: unanswered, withNeighbors: true, prepare: askFaster },
  { title: 'where neighbors are asked', probes: unasked, withNeighbors: true, prepare: forgetNeighbors },
];

async function setPodMtu(lab: TestLab, mtu: number): Promise<void> {
  await sh(lab, 'pod-a1', `ip link set eth0 mtu ${mtu}`);
  await sh(lab, 'host-a', `ip link set ${vethOf('pod-a1')} mtu ${mtu}`);
}

/** The questions are the same, without a second between them. */
async function askFaster(lab: TestLab): Promise<void> {
  const keys = ['ipv4', 'ipv6'].map((ip) => `net.${ip}.neigh.cni0.retrans_time_ms=250`);
  await sh(lab, 'host-b', `sysctl -qw ${keys.join(' ')}`);
}

/** But for those whom the agent knows. */
async function forgetNeighbors(lab: TestLab): Promise<void> {
  for (const { name } of [...lab.state.pods, ...lab.state.hosts])
    for (const dev of ['eth0', 'cni0'])
      await sh(
        lab,
        name,
        `ip -4 neigh flush nud all dev ${dev} 2>/dev/null || true`,
        `ip -6 neigh flush nud all dev ${dev} 2>/dev/null || true`,
      );
}

/**
 * Neighbors that are known are known for good, so that the kernel asks nobody whenever it likes: an entry that has not
 * been used for a while is checked by a question some seconds later.
 */
export async function keepNeighbors(lab: TestLab): Promise<void> {
  const KEEP = `ip neigh show | grep lladdr | grep -v PERMANENT | while read to _ dev _ mac _; do ip neigh replace $to dev $dev lladdr $mac nud permanent; done`;
  const places = [...lab.state.pods, ...lab.state.hosts].map(({ name }) => name);
  await Promise.all([...places, 'underlay'].map((place) => sh(lab, place, KEEP)));
}
