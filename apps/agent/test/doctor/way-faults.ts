/** Faults of the way between nodes, which packets show; and those that two nodes held together show. */
import { readFileSync, writeFileSync } from 'node:fs';
import { subnetFile } from '../../dist/lab/lab-agents.js';
import { findHost } from '../../dist/lab/lab-state.js';
import { remakeVtep } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';
import { compareHosts, type DoctorFault, probeHost, RUNNING_LAB } from './doctor-fault.js';
import { MAC_OF_B } from './peer-faults.js';

const WALL = ['nft add table inet wall'];
const NO_WALL = ['nft delete table inet wall'];
const chain = (hook: string, rule: string) => [
  ...WALL,
  `nft add chain inet wall c '{ type filter hook ${hook} priority 0; }'`,
  `nft add rule inet wall c ${rule}`,
];

async function giveSubnet(lab: TestLab, host: string, from: string, to: string): Promise<void> {
  const file = subnetFile(lab.name, host);
  writeFileSync(file, readFileSync(file, 'utf8').replaceAll(from, to));
}

const signal = ({ state }: TestLab, name: NodeJS.Signals) =>
  process.kill(findHost(state, 'host-a').pid, name);

export const WAY_FAULTS: readonly DoctorFault[] = [
  {
    check: 'peer-reach',
    name: 'this node sends to a port of its own',
    byHand: 'the lease does not tell the port: the agent has to be started anew',
    make: (lab) => remakeVtep(lab, 'host-a', { port: 4789, mtu: 1430 }),
    mend: (lab) => remakeVtep(lab, 'host-a', { mtu: 1430 }),
    verdict: 'error',
    evidence: /, left the external interface, nothing came in there$/,
    advice: /^see that all nodes have one Backend\.Port: flannel's is 8472, and this node sends to 4789$/m,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: "this host's own firewall drops VXLAN that comes in",
    make: chain('input', 'udp dport 8472 drop'),
    byHand: "a firewall is its owner's: the report says what it must let through",
    mend: NO_WALL,
    verdict: 'error',
    evidence: /left the external interface, an answer came in there$/,
    why: /^The answer of 192\.168\.77\.12 comes in at eth0/,
    advice: /^accept UDP port 8472 from 192\.168\.77\.12/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: "this host's own firewall drops VXLAN that leaves",
    make: chain('output', 'udp dport 8472 drop'),
    byHand: "a firewall is its owner's: the report says what it must let through",
    mend: NO_WALL,
    verdict: 'error',
    evidence: /did not leave the external interface, nothing came in there$/,
    why: /^It goes into flannel\.1 and does not come out of eth0/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: 'the peer drops VXLAN',
    make: (lab) => lab.in('host-b', 'sh', '-ec', chain('input', 'udp dport 8472 drop').join('\n')),
    byHand: 'it is to be mended on another host, or on the way',
    mend: (lab) => lab.in('host-b', 'sh', '-ec', NO_WALL.join('\n')),
    verdict: 'error',
    evidence: /, left the external interface, nothing came in there$/,
    why: /^It leaves by eth0, and nothing comes back/,
    advice: /^let firewalls and security groups between the nodes pass UDP port 8472 both ways/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: 'the route is gone, and no firewall is to blame',
    make: ['ip route del 10.244.2.0/24'],
    verdict: 'error',
    evidence: /, left the external interface for 10\.244\.2\.0, nothing came in there$/,
    why: /^This node itself has wrong what it needs: peer-routes above\./,
    advice: /^ip route replace 10\.244\.2\.0\/24 via 10\.244\.2\.0 dev flannel\.1 onlink$/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: 'frames are sent to a host that is another',
    make: [`bridge fdb replace ${MAC_OF_B} dev flannel.1 dst 192.168.77.1 self permanent`],
    verdict: 'error',
    evidence: /, left the external interface for 192\.168\.77\.1, /,
    why: /: peer-fdb above\./,
    advice: /^bridge fdb replace .* dst 192\.168\.77\.12 self permanent$/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: 'the MAC of the device is not the one that answers are sent to',
    make: [
      `mac=${MAC_OF_B}`,
      'ip link set dev flannel.1 address 02:00:00:00:00:77',
      // The kernel forgets all neighbors of a device whose MAC changes.
      'ip neigh replace 10.244.2.0 lladdr $mac dev flannel.1 nud permanent',
    ],
    verdict: 'error',
    evidence: /left the external interface, an answer came in there$/,
    why: /: vtep-mac above\./,
    advice: /^ip link set dev flannel\.1 address [0-9a-f:]+\nip neigh replace 10\.244\.2\.0 /,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: 'a routing rule leads past the tunnel, whose rows are right',
    make: [
      'ip rule add to 10.244.2.0/24 lookup 100',
      'ip route add 10.244.2.0/24 via 192.168.77.1 dev eth0 table 100',
    ],
    byHand: "a routing rule is its owner's",
    mend: ['ip rule del to 10.244.2.0/24 lookup 100', 'ip route flush table 100'],
    verdict: 'error',
    evidence: /, left the external interface for 10\.244\.2\.0, /,
    why: /^It leaves by eth0 for 10\.244\.2\.0, not for 192\.168\.77\.12: a routing rule/,
    advice: /^ip route get 10\.244\.2\.0\nip rule\n/,
    look: probeHost,
  },
  {
    check: 'full-size',
    name: 'large packets are lost on the way',
    make: (lab) =>
      lab.in('host-b', 'sh', '-ec', chain('input', 'udp dport 8472 meta length gt 1400 drop').join('\n')),
    byHand: 'it is to be mended on another host, or on the way',
    mend: (lab) => lab.in('host-b', 'sh', '-ec', NO_WALL.join('\n')),
    verdict: 'error',
    evidence: /^ping -c 1 -M do -s 1402 10\.244\.2\.0: no answer, left/,
    look: probeHost,
  },
  {
    check: 'leases-apart',
    name: 'two nodes have one subnet',
    make: (lab) => giveSubnet(lab, 'host-b', '10.244.2.', '10.244.1.'),
    byHand: 'which of the two is wrong, nobody but their owner knows',
    mend: (lab) => giveSubnet(lab, 'host-b', '10.244.1.', '10.244.2.'),
    verdict: 'error',
    evidence: /^another: 10\.244\.1\.0\/24.* at 192\.168\.77\.12/,
    look: compareHosts,
  },
  {
    check: 'agent-ready',
    name: 'the agent hangs',
    lab: RUNNING_LAB,
    byHand: 'the agent has to be started',
    make: async (lab) => signal(lab, 'SIGSTOP'),
    mend: async (lab) => signal(lab, 'SIGCONT'),
    verdict: 'error',
    evidence: /^agent: no answer within 5 s$/,
  },
  {
    check: 'forwarder',
    name: 'the agent has ended',
    lab: RUNNING_LAB,
    make: (lab) => lab.kill('host-a', 'SIGTERM'),
    byHand: 'the agent has to be started',
    mend: (lab) => lab.restart('host-a'),
    verdict: 'error',
    evidence: /^no forwarder$/,
  },
];
