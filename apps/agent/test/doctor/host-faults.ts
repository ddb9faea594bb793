/** Faults of one host, by commands on it. */
import type { DoctorFault } from './doctor-fault.js';

const DROP = 'type filter hook forward priority 0; policy drop;';

export const HOST_FAULTS: readonly DoctorFault[] = [
  {
    check: 'ip-forward',
    name: 'IPv4 is not forwarded',
    make: ['sysctl -qw net.ipv4.ip_forward=0'],
    verdict: 'error',
    evidence: /^net\.ipv4\.ip_forward = 0$/,
  },
  {
    check: 'ip-forward',
    name: 'IPv6 is not forwarded',
    make: ['sysctl -qw net.ipv6.conf.all.forwarding=0'],
    verdict: 'error',
    evidence: /^net\.ipv6\.conf\.all\.forwarding = 0$/,
  },
  {
    check: 'forward-policy',
    name: 'a chain of somebody else drops what it does not know',
    make: ['nft add table inet docker', `nft add chain inet docker FORWARD '{ ${DROP} }'`],
    mend: ['nft delete table inet docker'],
    verdict: 'error',
    evidence: /^chain inet docker FORWARD: policy drop$/,
  },
  {
    check: 'forward-policy',
    name: "a rule drops what comes from peers' pods",
    make: [
      'nft add table inet wall',
      "nft add chain inet wall fw '{ type filter hook forward priority 0; }'",
      'nft add rule inet wall fw iifname flannel.1 ct state new drop',
    ],
    mend: ['nft delete table inet wall'],
    verdict: 'error',
    evidence: /^chain inet wall fw: .*flannel\.1.*drop$/,
  },
  {
    check: 'br-netfilter',
    name: 'kube-proxy is there, and frames on the bridge pass its rules by',
    make: [
      'nft add table ip nat',
      'nft add chain ip nat KUBE-SERVICES',
      'sysctl -qw net.bridge.bridge-nf-call-iptables=0 || true',
    ],
    mend: [
      'nft delete chain ip nat KUBE-SERVICES',
      'sysctl -qw net.bridge.bridge-nf-call-iptables=1 || true',
    ],
    verdict: 'warning',
    evidence: /bridge-nf-call-iptables/,
  },
];
