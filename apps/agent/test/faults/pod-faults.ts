/** What is wrong between a host and its pods: the bridge, veth pairs, what a pod's own namespace holds. */
import { addPod, removePod } from '../../dist/lab/lab-pods.js';
import { findHost } from '../../dist/lab/lab-state.js';
import type { TestLab } from '../test-lab.js';
import type { Fault, FaultGround, FaultLab } from './fault.js';
import { at, KERNEL_LAB, sh, vethOf, WASM_LAB } from './fault-lab.js';

const probe = { from: 'pod-a1', to: 'pod-b1' };
const POD_ROUTES = [
  'ip route replace default via 10.244.1.1',
  'ip route replace 10.244.0.0/16 via 10.244.1.1',
];
const TWIN = 'pod-b2';

/** A second pod on host-b, with the address of the first, which has spoken last; only a lab has such pods. */
async function addTwin(ground: FaultGround): Promise<void> {
  const lab = ground as TestLab;
  const pod = await addPod(lab.name, findHost(lab.state, 'host-b'), TWIN);
  lab.state.pods.push(pod);
  await sh(
    lab,
    TWIN,
    'ip -4 addr flush dev eth0',
    `ip addr add ${lab.address('pod-b1')}/24 dev eth0`,
    'ip route add default via 10.244.2.1',
  );
  await sh(lab, 'host-b', `ip neigh delete ${lab.address('pod-b1')} dev cni0 || true`);
  await sh(lab, TWIN, 'ping -n -c 1 -W 1 10.244.2.1');
}

async function removeTwin(ground: FaultGround): Promise<void> {
  const lab = ground as TestLab;
  const { pods } = lab.state;
  const [twin] = pods.splice(
    pods.findIndex(({ name }) => name === TWIN),
    1,
  );
  await removePod(lab.name, findHost(lab.state, 'host-b'), twin!);
  await sh(lab, 'host-b', `ip neigh delete ${lab.address('pod-b1')} dev cni0 || true`);
}

const bridgeFaults = (lab: FaultLab): readonly Fault[] => [
  {
    name: 'cni0 is down',
    lab,
    make: at('host-b', 'ip link set cni0 down'),
    mend: at('host-b', 'ip link set cni0 up'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'bridge-down' },
  },
  {
    name: "a pod's veth is off the bridge",
    lab,
    make: at('host-b', `ip link set ${vethOf('pod-b1')} nomaster`),
    mend: at('host-b', `ip link set ${vethOf('pod-b1')} master cni0`),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'port-off-bridge' },
  },
  {
    name: "a pod's veth is down",
    lab,
    make: at('host-b', `ip link set ${vethOf('pod-b1')} down`),
    mend: at('host-b', `ip link set ${vethOf('pod-b1')} up`),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'port-down' },
  },
  {
    name: "a pod's own interface is down",
    lab,
    make: at('pod-b1', 'ip link set eth0 down'),
    mend: at('pod-b1', 'ip link set eth0 up', 'ip route replace default via 10.244.2.1'),
    probe,
    symptom: 'lost',
    cause: { node: 'pod-b1', code: 'interface-down' },
  },
  {
    name: 'the bridge has lost its address',
    lab,
    make: at('host-b', 'ip addr delete 10.244.2.1/24 dev cni0'),
    mend: at('host-b', 'ip addr add 10.244.2.1/24 dev cni0'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'gateway-address-missing' },
  },
];

const podFaults = (lab: FaultLab): readonly Fault[] => [
  {
    name: 'a pod has no route but to its own subnet',
    lab,
    make: at('pod-a1', 'ip route delete default', 'ip route delete 10.244.0.0/16'),
    mend: at('pod-a1', ...POD_ROUTES),
    probe,
    symptom: 'refused by the sender',
    cause: { node: 'pod-a1', code: 'no-route' },
  },
  {
    name: 'a pod that is asked has no route back',
    lab,
    make: at('pod-b1', 'ip route delete default', 'ip route delete 10.244.0.0/16'),
    mend: at('pod-b1', ...POD_ROUTES.map((route) => route.replace('10.244.1.1', '10.244.2.1'))),
    probe,
    symptom: 'arrives, no reply',
    cause: { node: 'pod-b1', code: 'no-route' },
  },
  {
    name: 'the netmask of a pod covers all pods, and it asks for them by ARP',
    lab,
    make: at('pod-a1', 'ip -4 addr flush dev eth0', 'ip addr add 10.244.1.2/16 dev eth0'),
    mend: at('pod-a1', 'ip -4 addr flush dev eth0', 'ip addr add 10.244.1.2/24 dev eth0', ...POD_ROUTES),
    probe,
    symptom: 'lost',
    cause: { node: 'pod-a1', code: 'netmask-too-wide' },
  },
  {
    name: 'a pod answers no echo requests',
    lab,
    make: at('pod-b1', 'sysctl -qw net.ipv4.icmp_echo_ignore_all=1'),
    mend: at('pod-b1', 'sysctl -qw net.ipv4.icmp_echo_ignore_all=0'),
    probe,
    symptom: 'arrives, no reply',
    cause: { node: 'pod-b1', code: 'echo-ignored' },
  },
  {
    name: 'two pods of a host have the same address',
    lab,
    make: addTwin,
    mend: removeTwin,
    probe,
    symptom: 'arrives elsewhere',
    cause: { node: 'host-b', code: 'duplicate-address' },
  },
  {
    name: "a host's neighbor entry of its pod has another MAC",
    lab,
    make: at('host-b', 'ip neigh replace 10.244.2.2 lladdr 02:00:00:00:00:99 dev cni0 nud permanent'),
    mend: at('host-b', 'ip neigh delete 10.244.2.2 dev cni0'),
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'neighbor-mac-wrong' },
  },
];

export const POD_FAULTS: readonly Fault[] = [...podFaults(KERNEL_LAB), ...bridgeFaults(WASM_LAB)];
