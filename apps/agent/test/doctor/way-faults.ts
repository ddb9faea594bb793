/** Faults of the way between nodes, which packets show; and those that two nodes held together show. */
import { readFileSync, writeFileSync } from 'node:fs';
import { subnetFile } from '../../dist/lab/lab-agents.js';
import type { TestLab } from '../test-lab.js';
import { compareHosts, type DoctorFault, probeHost, RUNNING_LAB } from './doctor-fault.js';

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

export const WAY_FAULTS: readonly DoctorFault[] = [
  {
    check: 'peer-reach',
    name: "this host's own firewall drops VXLAN that comes in",
    make: chain('input', 'udp dport 8472 drop'),
    mend: NO_WALL,
    verdict: 'error',
    evidence: /left the external interface, an answer came in there$/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: "this host's own firewall drops VXLAN that leaves",
    make: chain('output', 'udp dport 8472 drop'),
    mend: NO_WALL,
    verdict: 'error',
    evidence: /did not leave the external interface, nothing came in there$/,
    look: probeHost,
  },
  {
    check: 'peer-reach',
    name: 'the peer drops VXLAN',
    make: (lab) => lab.in('host-b', 'sh', '-ec', chain('input', 'udp dport 8472 drop').join('\n')),
    mend: (lab) => lab.in('host-b', 'sh', '-ec', NO_WALL.join('\n')),
    verdict: 'error',
    evidence: /, left the external interface, nothing came in there$/,
    look: probeHost,
  },
  {
    check: 'full-size',
    name: 'large packets are lost on the way',
    make: (lab) =>
      lab.in('host-b', 'sh', '-ec', chain('input', 'udp dport 8472 meta length gt 1400 drop').join('\n')),
    mend: (lab) => lab.in('host-b', 'sh', '-ec', NO_WALL.join('\n')),
    verdict: 'error',
    evidence: /^ping -c 1 -M do -s 1402 10\.244\.2\.0: no answer, left/,
    look: probeHost,
  },
  {
    check: 'leases-apart',
    name: 'two nodes have one subnet',
    make: (lab) => giveSubnet(lab, 'host-b', '10.244.2.', '10.244.1.'),
    mend: (lab) => giveSubnet(lab, 'host-b', '10.244.1.', '10.244.2.'),
    verdict: 'error',
    evidence: /^another: 10\.244\.1\.0\/24.* at 192\.168\.77\.12/,
    look: compareHosts,
  },
  {
    check: 'forwarder',
    name: 'the agent has ended',
    lab: RUNNING_LAB,
    make: (lab) => lab.kill('host-a', 'SIGTERM'),
    mend: (lab) => lab.restart('host-a'),
    verdict: 'error',
    evidence: /^no forwarder$/,
  },
];
