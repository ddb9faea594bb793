/** Faults of what a host has for its peers, and of its lease; the lab's are as in fault-lab.ts. */
import { remakeVtep, sh } from '../faults/fault-lab.js';
import type { DoctorFault } from './doctor-fault.js';

/** MAC of a peer's device, as this host has it. */
export const MAC_OF_B =
  '$(ip -j neigh show 10.244.2.0 dev flannel.1 | sed \'s/.*"lladdr":"\\([^"]*\\)".*/\\1/\')';

export const PEER_FAULTS: readonly DoctorFault[] = [
  {
    check: 'peer-routes',
    name: 'the route to a peer is gone',
    make: ['ip route del 10.244.2.0/24'],
    verdict: 'error',
    evidence: /^10\.244\.2\.0\/24: no route$/,
  },
  {
    check: 'peer-routes',
    name: 'the IPv6 route to a peer is gone',
    make: ['ip -6 route del fd00:244:0:2::/64 dev flannel-v6.1'],
    verdict: 'error',
    evidence: /^fd00:244:0:2::\/64: no route$/,
  },
  {
    check: 'peer-routes',
    name: 'the route to a peer leads to a stranger',
    make: ['ip route replace 10.244.2.0/24 via 192.168.77.1 dev eth0'],
    verdict: 'error',
    evidence: /^10\.244\.2\.0\/24 via 192\.168\.77\.1 dev eth0/,
  },
  {
    check: 'peer-neighbors',
    name: "a peer's neighbor entry is gone",
    make: ['ip neigh del 10.244.2.0 dev flannel.1'],
    verdict: 'error',
    evidence: /^10\.244\.2\.0 dev flannel\.1: no entry$/,
  },
  {
    check: 'peer-neighbors',
    name: "a peer's neighbor entry has another MAC",
    make: ['ip neigh replace fd00:244:0:2:: lladdr 02:00:00:00:00:99 dev flannel-v6.1 nud permanent'],
    verdict: 'error',
    evidence: /^fd00:244:0:2:: dev flannel-v6\.1 lladdr 02:00:00:00:00:99 PERMANENT$/,
  },
  {
    check: 'peer-fdb',
    name: "a peer's forwarding entry is gone",
    make: [`bridge fdb del ${MAC_OF_B} dev flannel.1`],
    verdict: 'error',
    evidence: /dev flannel\.1: no entry$/,
  },
  {
    check: 'peer-fdb',
    name: "a peer's forwarding entry leads to another host",
    make: [`bridge fdb replace ${MAC_OF_B} dev flannel.1 dst 192.168.77.99 self permanent`],
    verdict: 'error',
    evidence: /dev flannel\.1 dst 192\.168\.77\.99 self permanent$/,
  },
  {
    check: 'left-over',
    name: 'the route of a node that left',
    make: ['ip route add 10.244.9.0/24 via 10.244.9.0 dev flannel.1 onlink'],
    verdict: 'warning',
    evidence: /^10\.244\.9\.0\/24 via 10\.244\.9\.0 dev flannel\.1/,
  },
  {
    check: 'left-over',
    name: 'the neighbor of a node that left',
    make: ['ip neigh add 10.244.9.0 lladdr 02:00:00:00:00:09 dev flannel.1 nud permanent'],
    verdict: 'warning',
    evidence: /^10\.244\.9\.0 dev flannel\.1 lladdr 02:00:00:00:00:09/,
  },
  {
    check: 'left-over',
    name: 'the forwarding entry of a MAC that nobody has any more',
    make: ['bridge fdb add 02:00:00:00:00:09 dev flannel.1 dst 192.168.77.12 self permanent'],
    verdict: 'warning',
    evidence: /^02:00:00:00:00:09 dev flannel\.1 dst 192\.168\.77\.12/,
  },
  {
    check: 'vtep-mac',
    name: 'something has changed the MAC of the device',
    make: [
      'ip link set dev eth0 alias "$(cat /sys/class/net/flannel.1/address)"',
      'ip link set dev flannel.1 address 02:00:00:00:00:77',
    ],
    verdict: 'error',
    evidence: /^flannel\.1: .*02:00:00:00:00:77 vxlan id 1/,
  },
  {
    check: 'own-lease',
    name: "the node's address has changed",
    byHand: 'the agent has to publish it',
    make: ['ip addr del 192.168.77.11/24 dev eth0', 'ip addr add 192.168.77.71/24 dev eth0'],
    mend: [
      'ip addr del 192.168.77.71/24 dev eth0',
      'ip addr add 192.168.77.11/24 dev eth0',
      // It went with the address.
      'ip route replace default via 192.168.77.1 dev eth0',
    ],
    verdict: 'error',
    evidence: /^192\.168\.77\.71\/24 dev eth0$/,
  },
  {
    check: 'overlay-device',
    name: 'it is down',
    make: ['ip link set dev flannel.1 down'],
    verdict: 'error',
    evidence: /^flannel\.1: <BROADCAST,MULTICAST> mtu 1430/,
  },
  {
    check: 'overlay-device',
    name: 'it has lost its address',
    make: ['ip addr del 10.244.1.0/32 dev flannel.1'],
    verdict: 'error',
    evidence: /^inet6 fe80:.* dev flannel\.1$/,
  },
  {
    check: 'overlay-device',
    name: 'its VNI is another than its name says',
    make: (lab) => remakeVtep(lab, 'host-a', { vni: 2, mtu: 1430 }),
    verdict: 'error',
    evidence: /^flannel\.1: .* vxlan id 2 /,
  },
  {
    check: 'overlay-device',
    name: 'it sends from another address than the lease tells',
    make: async (lab) => {
      await sh(lab, 'host-a', 'ip addr add 192.168.77.55/24 dev eth0');
      await remakeVtep(lab, 'host-a', { local: '192.168.77.55', mtu: 1430 });
    },
    mend: ['ip addr del 192.168.77.55/24 dev eth0'],
    verdict: 'warning',
    evidence: /^flannel\.1: .* local 192\.168\.77\.55 /,
  },
  {
    check: 'overlay-device',
    name: 'it is on another interface than that with the address of the lease',
    make: async (lab) => {
      await sh(lab, 'host-a', 'ip link add lan0 type bridge', 'ip link set lan0 up');
      await remakeVtep(lab, 'host-a', { lower: 'lan0', mtu: 1430 });
    },
    mend: ['ip link delete lan0'],
    verdict: 'warning',
    evidence: /^flannel\.1: .* dev lan0 /,
  },
  {
    check: 'overlay-device',
    name: 'IPv6 is off on it',
    make: ['sysctl -qw net.ipv6.conf.flannel-v6/1.disable_ipv6=1'],
    verdict: 'error',
    evidence: /^flannel-v6\.1: no address$/,
  },
  {
    check: 'mtu-chain',
    name: 'the tunnel carries more than the wire',
    byHand: 'pods keep the MTU with which they were made',
    make: ['ip link set dev eth0 mtu 1400'],
    mend: [
      'ip link set dev eth0 mtu 1500',
      'for dev in flannel.1 flannel-v6.1 cni0; do ip link set dev $dev mtu 1430; done',
    ],
    verdict: 'error',
    evidence: /^eth0: .* mtu 1400/,
  },
  {
    check: 'mtu-chain',
    name: 'the tunnel carries less than pods are told',
    make: ['ip link set dev flannel-v6.1 mtu 1300'],
    verdict: 'error',
    evidence: /^flannel-v6\.1: .* mtu 1300/,
  },
  {
    check: 'mtu-chain',
    name: 'a pod may send more than the tunnel carries',
    byHand: 'pods keep the MTU with which they were made',
    make: (lab) => lab.in('pod-a1', 'ip', 'link', 'set', 'dev', 'eth0', 'mtu', '1500'),
    mend: (lab) => lab.in('pod-a1', 'ip', 'link', 'set', 'dev', 'eth0', 'mtu', '1430'),
    verdict: 'warning',
    evidence: /^pod-a1: eth0: .* mtu 1500/,
  },
  {
    check: 'mtu-chain',
    name: "the pods' bridge takes more than the tunnel carries",
    make: ['ip link set dev cni0 mtu 1500'],
    verdict: 'warning',
    evidence: /^cni0: .* mtu 1500/,
  },
  {
    check: 'mtu-chain',
    name: "the pods' bridge takes less than they may send",
    make: ['ip link set dev cni0 mtu 1300'],
    verdict: 'warning',
    evidence: /^pod-a1: eth0: .* mtu 1430/,
  },
  {
    check: 'pod-bridge',
    name: 'it is down',
    make: ['ip link set dev cni0 down'],
    verdict: 'error',
    evidence: /^cni0: </,
  },
  {
    check: 'pod-bridge',
    name: 'somebody took its address off',
    make: ['ip -6 addr del fd00:244:0:1::1/64 dev cni0'],
    verdict: 'error',
    evidence: /^inet 10\.244\.1\.1\/24 dev cni0$/,
  },
  {
    check: 'pod-bridge',
    name: 'it has the address of an earlier subnet',
    make: ['ip addr del 10.244.1.1/24 dev cni0', 'ip addr add 10.244.7.1/24 dev cni0'],
    verdict: 'error',
    evidence: /^inet 10\.244\.7\.1\/24 dev cni0$/,
  },
  {
    check: 'pod-bridge',
    name: 'it has the address of an earlier subnet, and so have pods',
    byHand: 'pods keep the addresses with which they were made',
    make: async (lab) => {
      await sh(lab, 'host-a', 'ip addr del 10.244.1.1/24 dev cni0', 'ip addr add 10.244.7.1/24 dev cni0');
      await lab.in('pod-a1', 'ip', 'addr', 'add', '10.244.7.2/24', 'dev', 'eth0');
    },
    mend: async (lab) => {
      await lab.in('pod-a1', 'ip', 'addr', 'del', '10.244.7.2/24', 'dev', 'eth0');
      await sh(lab, 'host-a', 'ip addr del 10.244.7.1/24 dev cni0', 'ip addr add 10.244.1.1/24 dev cni0');
    },
    verdict: 'error',
    evidence: /^inet 10\.244\.7\.1\/24 dev cni0$/,
  },
  {
    check: 'rp-filter',
    name: 'strict, where packets come by the tunnel and go by the wire',
    make: [
      'sysctl -qw net.ipv4.conf.flannel.1.rp_filter=1 || sysctl -qw net.ipv4.conf.flannel/1.rp_filter=1',
      'ip route replace 10.244.2.0/24 via 192.168.77.12 dev eth0',
    ],
    mend: [
      'sysctl -qw net.ipv4.conf.flannel/1.rp_filter=0',
      'ip route replace 10.244.2.0/24 via 10.244.2.0 dev flannel.1 onlink proto 80',
    ],
    verdict: 'error',
    evidence: /^net\.ipv4\.conf\.flannel\/1\.rp_filter = 1$/,
  },
];
