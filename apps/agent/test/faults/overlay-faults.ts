/** What is wrong between the hosts' tunnels: routes, neighbors, FDB entries, the vxlan device itself. */
import type { Fault } from './fault.js';
import {
  at,
  KERNEL_LAB,
  keepVtepMac,
  keptVtepMac,
  meetPeersOf,
  remakeVtep,
  sh,
  subnetOf,
  underlayOf,
  vtepMac,
  vtepOf,
} from './fault-lab.js';

const lab = KERNEL_LAB;
const probe = { from: 'pod-a1', to: 'pod-b1' };
const NOBODY = '192.168.77.99';
const NOBODYS_MAC = '02:00:00:00:00:99';
const subnetB = subnetOf('host-b');
const vtepB = vtepOf('host-b');

const routeFaults: readonly Fault[] = [
  {
    name: 'the route to a peer is deleted, and the default route takes its packets',
    lab,
    make: at('host-a', `ip route delete ${subnetB}`),
    mend: meetPeersOf('host-a'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'peer-route-missing' },
  },
  {
    name: 'there is neither a route to the peer nor a default route',
    lab,
    make: at('host-a', `ip route delete ${subnetB}`, 'ip route delete default'),
    mend: async (made) => {
      await sh(made, 'host-a', 'ip route add default via 192.168.77.1 dev eth0');
      await meetPeersOf('host-a')(made);
    },
    probe,
    symptom: 'answered by an ICMP error',
    cause: { node: 'host-a', code: 'no-route' },
  },
  {
    name: 'the route to a peer leads to a VTEP that nobody has',
    lab,
    make: at('host-a', `ip route replace ${subnetB} via 10.244.77.0 dev flannel.1 onlink proto 80`),
    mend: meetPeersOf('host-a'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'peer-route-wrong-via' },
  },
  {
    name: 'the route back to a peer is deleted',
    lab,
    make: at('host-b', `ip route delete ${subnetOf('host-a')}`),
    mend: meetPeersOf('host-b'),
    probe,
    symptom: 'arrives, no reply',
    cause: { node: 'host-b', code: 'peer-route-missing' },
  },
  {
    name: 'a blackhole route is more specific than the route to the peer',
    lab,
    make: at('host-a', 'ip route add blackhole 10.244.2.0/25'),
    mend: at('host-a', 'ip route delete blackhole 10.244.2.0/25'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'blackhole-route' },
  },
  {
    name: 'an unreachable route shadows one pod',
    lab,
    make: at('host-a', 'ip route add unreachable 10.244.2.2/32'),
    mend: at('host-a', 'ip route delete unreachable 10.244.2.2/32'),
    probe,
    symptom: 'answered by an ICMP error',
    cause: { node: 'host-a', code: 'unreachable-route' },
  },
  {
    name: 'a prohibit route shadows one pod',
    lab,
    make: at('host-a', 'ip route add prohibit 10.244.2.2/32'),
    mend: at('host-a', 'ip route delete prohibit 10.244.2.2/32'),
    probe,
    symptom: 'answered by an ICMP error',
    cause: { node: 'host-a', code: 'prohibit-route' },
  },
  {
    name: 'a rogue route leads the packets of a local pod out of the host',
    lab,
    make: at('host-b', 'ip route add 10.244.2.2/32 dev eth0'),
    mend: at('host-b', 'ip route delete 10.244.2.2/32 dev eth0'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'rogue-route' },
  },
  {
    name: 'a routing rule takes the packets of the pods before the main table does',
    lab,
    make: at('host-a', 'ip rule add from 10.244.1.0/24 blackhole'),
    mend: at('host-a', 'ip rule delete from 10.244.1.0/24 blackhole'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'routing-rule' },
  },
  {
    name: 'two hosts have the same subnet, and routes lead to the other',
    lab,
    make: async (made) => {
      const there = `via ${vtepOf('host-c')} dev flannel.1 onlink proto 80`;
      await sh(made, 'host-a', `ip route replace ${subnetB} ${there}`);
      await sh(made, 'host-c', `ip route delete ${subnetB}`, 'ip addr add 10.244.2.1/24 dev cni0');
    },
    mend: async (made) => {
      await sh(made, 'host-c', 'ip addr delete 10.244.2.1/24 dev cni0');
      await meetPeersOf('host-c')(made);
      await meetPeersOf('host-a')(made);
    },
    probe,
    symptom: 'lost',
    cause: { node: 'host-c', code: 'duplicate-subnet' },
  },
  {
    name: 'two hosts hand a subnet to one another',
    lab,
    make: async (made) => {
      const via = (host: string) => `via ${vtepOf(host)} dev flannel.1 onlink proto 80`;
      await sh(made, 'host-a', `ip route replace ${subnetB} ${via('host-c')}`);
      await sh(made, 'host-c', `ip route replace ${subnetB} ${via('host-a')}`);
    },
    mend: async (made) => {
      await meetPeersOf('host-a')(made);
      await meetPeersOf('host-c')(made);
    },
    probe,
    symptom: 'answered by an ICMP error',
    cause: { node: 'host-a', code: 'routing-loop' },
  },
  {
    name: 'the IPv6 route to a peer is deleted',
    lab,
    make: at('host-a', 'ip -6 route delete fd00:244:0:2::/64'),
    mend: at(
      'host-a',
      'ip -6 route replace fd00:244:0:2::/64 via fd00:244:0:2:: dev flannel-v6.1 onlink proto 80 metric 1024',
    ),
    probe: { ...probe, family: 6 },
    symptom: 'lost',
    cause: { node: 'host-a', code: 'peer-route-missing' },
  },
];

const neighborFaults: readonly Fault[] = [
  {
    name: 'the neighbor entry of a peer is missing',
    lab,
    make: at('host-a', `ip neigh delete ${vtepB} dev flannel.1`),
    mend: meetPeersOf('host-a'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'neighbor-missing' },
  },
  {
    name: 'the neighbor entry of a peer has another MAC',
    lab,
    make: at('host-a', `ip neigh replace ${vtepB} lladdr ${NOBODYS_MAC} dev flannel.1 nud permanent`),
    mend: meetPeersOf('host-a'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'neighbor-mac-wrong' },
  },
  {
    name: 'neighbor and FDB entry have a MAC that the peer has no more',
    lab,
    make: async (made) => {
      await keepVtepMac(made, 'host-b');
      await remakeVtep(made, 'host-b', { mac: NOBODYS_MAC });
    },
    mend: async (made) => {
      await remakeVtep(made, 'host-b', { mac: await keptVtepMac(made, 'host-b') });
    },
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'vtep-mac-stale' },
  },
  {
    name: 'the FDB entry of a peer is missing',
    lab,
    make: async (made) => {
      const mac = await vtepMac(made, 'host-b');
      await sh(made, 'host-a', `bridge fdb delete ${mac} dev flannel.1 dst ${underlayOf('host-b')} self`);
    },
    mend: meetPeersOf('host-a'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'fdb-entry-missing' },
  },
  ...(
    [
      ['an address that nobody has', NOBODY, 'fdb-entry-stale'],
      ['another host', underlayOf('host-c'), 'fdb-entry-wrong-host'],
    ] as const
  ).map(
    ([whom, address, code]): Fault => ({
      name: `the FDB entry of a peer leads to ${whom}`,
      lab,
      make: async (made) => {
        const mac = await vtepMac(made, 'host-b');
        await sh(made, 'host-a', `bridge fdb replace ${mac} dev flannel.1 dst ${address} self permanent`);
      },
      mend: meetPeersOf('host-a'),
      probe,
      symptom: 'lost',
      cause: { node: 'host-a', code },
    }),
  ),
];

const deviceFaults: readonly Fault[] = [
  {
    name: 'a host has another VNI',
    lab,
    make: (made) => remakeVtep(made, 'host-b', { vni: 2 }),
    mend: (made) => remakeVtep(made, 'host-b', {}),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'vni-differs' },
  },
  {
    name: 'a host has VXLAN on another UDP port',
    lab,
    make: (made) => remakeVtep(made, 'host-b', { port: 4789 }),
    mend: (made) => remakeVtep(made, 'host-b', {}),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'vxlan-port-differs' },
  },
  {
    name: 'flannel.1 is down',
    lab,
    make: at('host-b', 'ip link set flannel.1 down'),
    mend: async (made) => {
      await sh(made, 'host-b', 'ip link set flannel.1 up');
      await meetPeersOf('host-b')(made);
    },
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'vtep-down' },
  },
  {
    name: 'flannel.1 is deleted',
    lab,
    make: async (made) => {
      await keepVtepMac(made, 'host-a');
      await sh(made, 'host-a', 'ip link delete flannel.1');
    },
    mend: async (made) => {
      await remakeVtep(made, 'host-a', { mac: await keptVtepMac(made, 'host-a') });
    },
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'vtep-missing' },
  },
  {
    name: 'flannel.1 has no address, and the host speaks to pods from another',
    lab,
    make: async (made) => {
      await sh(made, 'host-a', `ip addr delete ${vtepOf('host-a')}/32 dev flannel.1`);
      // With the last address of a device go its routes.
      await meetPeersOf('host-a')(made);
    },
    mend: async (made) => {
      await sh(made, 'host-a', `ip addr add ${vtepOf('host-a')}/32 dev flannel.1`);
      await meetPeersOf('host-a')(made);
    },
    probe: { from: 'host-a', to: 'pod-b1' },
    symptom: 'arrives from another source',
    cause: { node: 'host-a', code: 'vtep-address-missing' },
  },
];

export const OVERLAY_FAULTS: readonly Fault[] = [...routeFaults, ...neighborFaults, ...deviceFaults];
