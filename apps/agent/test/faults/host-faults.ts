/** What is wrong on a host beside its tunnel: forwarding, firewalls, address translation, source validation. */
import type { Fault, FaultProbe, Symptom } from './fault.js';
import { at, KERNEL_LAB, meetPeersOf, sh, subnetOf, underlayOf } from './fault-lab.js';

const lab = KERNEL_LAB;
const probe: FaultProbe = { from: 'pod-a1', to: 'pod-b1' };

const forwardingOff = (host: string): Fault => ({
  name: `${host} does not forward`,
  lab,
  make: at(host, 'sysctl -qw net.ipv4.ip_forward=0'),
  mend: at(host, 'sysctl -qw net.ipv4.ip_forward=1'),
  probe,
  symptom: 'lost',
  cause: { node: host, code: 'forwarding-off' },
});

const TYPES = {
  forward: 'type filter hook forward priority 0',
  input: 'type filter hook input priority 0',
  output: 'type filter hook output priority 0',
  postrouting: 'type nat hook postrouting priority 100',
};

interface Rule {
  readonly hook: keyof typeof TYPES;
  /** Default: accept. */
  readonly policy?: 'drop' | 'accept';
  readonly rule?: string;
}

/** A table of somebody else's, with one chain in it. */
const foreignTable = ({ hook, policy = 'accept', rule }: Rule) => [
  `nft 'add table inet foreign'`,
  `nft 'add chain inet foreign ${hook} { ${TYPES[hook]} ; policy ${policy} ; }'`,
  ...(rule === undefined ? [] : [`nft 'add rule inet foreign ${hook} ${rule}'`]),
];

interface RuleFault extends Rule {
  readonly name: string;
  readonly node: string;
  readonly code: Fault['cause']['code'];
  readonly symptom?: Symptom;
  readonly probe?: FaultProbe;
}

const ruleFault = (fault: RuleFault): Fault => ({
  name: fault.name,
  lab,
  make: at(fault.node, ...foreignTable(fault)),
  mend: at(fault.node, 'nft delete table inet foreign'),
  probe: fault.probe ?? probe,
  symptom: fault.symptom ?? 'lost',
  cause: { node: fault.node, code: fault.code },
});

const toPort = { ...probe, protocol: 'tcp', dport: 80 } as const;

const ruleFaults: readonly Fault[] = [
  {
    name: "somebody else's forward chain drops by default",
    node: 'host-a',
    hook: 'forward',
    policy: 'drop',
    code: 'forward-policy-drop',
  } as const,
  {
    name: 'a rule drops what one pod sends',
    node: 'host-b',
    hook: 'forward',
    rule: 'ip saddr 10.244.1.2 drop',
    code: 'nft-drop',
  } as const,
  {
    name: 'a rule drops TCP to one port',
    node: 'host-b',
    hook: 'forward',
    rule: 'tcp dport 80 drop',
    code: 'nft-drop',
    probe: toPort,
  } as const,
  {
    name: 'a rule rejects TCP to one port',
    node: 'host-b',
    hook: 'forward',
    rule: 'tcp dport 80 reject with icmpx type admin-prohibited',
    code: 'nft-reject',
    probe: toPort,
    symptom: 'answered by an ICMP error',
  } as const,
  {
    name: 'a rule inside a pod drops what comes in',
    node: 'pod-b1',
    hook: 'input',
    rule: 'udp dport 5353 drop',
    code: 'nft-drop',
    probe: { ...probe, protocol: 'udp', dport: 5353 },
    symptom: 'arrives, no reply',
  } as const,
  {
    name: 'a rule inside a pod drops what goes out',
    node: 'pod-a1',
    hook: 'output',
    rule: 'ip daddr 10.244.2.2 drop',
    code: 'nft-drop',
    symptom: 'refused by the sender',
  } as const,
  {
    name: "the receiver's firewall drops VXLAN",
    node: 'host-b',
    hook: 'input',
    rule: 'udp dport 8472 drop',
    code: 'vxlan-port-blocked',
  } as const,
  {
    name: "the sender's firewall drops VXLAN",
    node: 'host-a',
    hook: 'output',
    rule: 'udp dport 8472 drop',
    code: 'vxlan-port-blocked',
  } as const,
  {
    name: 'a masquerade rule without an exception for the network eats the sources of pods',
    node: 'host-a',
    hook: 'postrouting',
    rule: 'ip saddr 10.244.1.0/24 masquerade',
    code: 'masquerade-without-exception',
    symptom: 'arrives from another source',
  } as const,
].map(ruleFault);

export const HOST_FAULTS: readonly Fault[] = [
  forwardingOff('host-a'),
  forwardingOff('host-b'),
  {
    name: 'a host does not forward IPv6',
    lab,
    make: at('host-b', 'sysctl -qw net.ipv6.conf.all.forwarding=0'),
    mend: at('host-b', 'sysctl -qw net.ipv6.conf.all.forwarding=1'),
    probe: { ...probe, family: 6 },
    symptom: 'lost',
    cause: { node: 'host-b', code: 'forwarding-off' },
  },
  ...ruleFaults,
  {
    name: 'the way back is another, and strict source validation drops what came by this one',
    lab,
    make: at(
      'host-b',
      `ip route replace ${subnetOf('host-a')} via ${underlayOf('host-a')} dev eth0`,
      'sysctl -qw net.ipv4.conf.flannel/1.rp_filter=1',
    ),
    mend: async (made) => {
      await sh(made, 'host-b', 'sysctl -qw net.ipv4.conf.flannel/1.rp_filter=0');
      await meetPeersOf('host-b')(made);
    },
    probe,
    symptom: 'lost',
    cause: { node: 'host-b', code: 'rp-filter' },
  },
];
