/** What is wrong between the hosts: their underlay, and forwarders that do not run. */
import type { Fault, FaultLab, FaultProbe } from './fault.js';
import { at, HOST_GW_LAB, KERNEL_LAB, subnetOf, UDP_LAB, underlayOf, WASM_LAB } from './fault-lab.js';

const probe: FaultProbe = { from: 'pod-a1', to: 'pod-b1' };
const NOBODYS_MAC = '02:00:00:00:00:99';
const routeTo = (peer: string, via = underlayOf(peer)) =>
  `ip route replace ${subnetOf(peer)} via ${via} dev eth0 proto 80`;

const hostGwFaults: readonly Fault[] = [
  {
    name: 'the underlay interface of a host is down',
    lab: HOST_GW_LAB,
    make: at('host-b', 'ip link set eth0 down'),
    mend: at(
      'host-b',
      'ip link set eth0 up',
      'ip route replace default via 192.168.77.1 dev eth0',
      routeTo('host-a'),
    ),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'underlay-down' },
  },
  {
    name: "the switch's port of a host is down",
    lab: HOST_GW_LAB,
    make: at('underlay', 'ip link set host-b down'),
    mend: at('underlay', 'ip link set host-b up'),
    probe,
    symptom: 'lost',
    cause: { node: 'underlay', code: 'underlay-port-down' },
  },
  {
    name: "the switch keeps its hosts' ports apart",
    lab: HOST_GW_LAB,
    make: at('underlay', 'bridge link set dev host-a isolated on', 'bridge link set dev host-b isolated on'),
    mend: at(
      'underlay',
      'bridge link set dev host-a isolated off',
      'bridge link set dev host-b isolated off',
    ),
    probe,
    symptom: 'lost',
    cause: { node: 'underlay', code: 'underlay-port-isolated' },
  },
  {
    name: 'the neighbor entry of a host on the underlay has another MAC',
    lab: HOST_GW_LAB,
    make: at(
      'host-a',
      `ip neigh replace ${underlayOf('host-b')} lladdr ${NOBODYS_MAC} dev eth0 nud permanent`,
    ),
    mend: at('host-a', `ip neigh delete ${underlayOf('host-b')} dev eth0`),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'neighbor-mac-wrong' },
  },
  {
    name: 'the next hop is not on the link',
    lab: HOST_GW_LAB,
    make: at('host-a', `${routeTo('host-b', '192.168.88.12')} onlink`),
    mend: at('host-a', routeTo('host-b')),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'next-hop-unreachable' },
  },
  {
    name: 'the next hop is the wrong host',
    lab: HOST_GW_LAB,
    make: at('host-a', routeTo('host-b', '192.168.77.1')),
    mend: at('host-a', routeTo('host-b')),
    probe,
    symptom: 'lost',
    cause: { node: 'host-a', code: 'peer-route-wrong-via' },
  },
];

const forwarderStopped = (lab: FaultLab): Fault => ({
  name: `the forwarder of a host does not run (${lab.name})`,
  lab,
  make: (made) => made.kill('host-b', 'SIGTERM'),
  mend: async (made) => {
    await made.restart('host-b');
  },
  probe,
  symptom: 'lost',
  cause: { node: 'host-b', code: 'forwarder-stopped' },
});

/** The port of flannel's udp backend, and of its vxlan. */
const portBlocked = (lab: FaultLab, port: number): Fault => ({
  name: `a firewall drops UDP port ${port} between hosts (${lab.name})`,
  lab,
  make: at(
    'host-b',
    `nft 'add table inet foreign'`,
    `nft 'add chain inet foreign input { type filter hook input priority 0 ; }'`,
    `nft 'add rule inet foreign input udp dport ${port} drop'`,
  ),
  mend: at('host-b', 'nft delete table inet foreign'),
  probe,
  symptom: 'lost',
  cause: { node: 'host-b', code: lab === UDP_LAB ? 'udp-port-blocked' : 'vxlan-port-blocked' },
});

/** `size`: as big as pods may send. */
const narrowUnderlay = (lab: FaultLab, size: number): Fault => ({
  name: `the underlay of a host carries less than pods send (${lab.name})`,
  lab,
  make: at('host-b', 'ip link set eth0 mtu 1400'),
  mend: at('host-b', 'ip link set eth0 mtu 1500'),
  probe: { ...probe, size, df: true },
  symptom: 'lost',
  cause: { node: 'host-b', code: 'mtu-exceeds-underlay' },
});

export const UNDERLAY_FAULTS: readonly Fault[] = [
  ...hostGwFaults,
  narrowUnderlay(KERNEL_LAB, 1402),
  narrowUnderlay(WASM_LAB, 1422),
  narrowUnderlay(UDP_LAB, 1444),
  portBlocked(WASM_LAB, 8472),
  portBlocked(UDP_LAB, 8285),
  forwarderStopped(WASM_LAB),
  forwarderStopped(UDP_LAB),
];
