/** What a trace finds wrong. */
import type { DropReason } from '../journey.js';

/**
 * What each code means, in a line a person reads. Where a packet ends for a reason that nothing lies behind, that reason is
 * the code.
 * @example
 * ```ts
 * import { FINDING_MEANINGS } from '@podlan/simulator';
 *
 * FINDING_MEANINGS['neighbor-missing']; // => "the MAC of a peer's tunnel device is not in the neighbor table"
 * ```
 */
export const FINDING_MEANINGS = {
  'no-route': 'no route leads to the destination',
  'peer-route-missing': "a peer's subnet has no route of its own, and its packets leave by the default route",
  'peer-route-wrong-via': "the route to a peer's subnet leads to somebody else, or to nobody",
  'next-hop-unreachable': 'the next hop of a route is not on the link',
  'rogue-route': "a route leads a local pod's packets away from its bridge",
  'routing-rule': 'a routing rule refuses the packet before the tables are looked at',
  'routing-loop': 'hosts send the packet to one another until its time to live ends',
  'duplicate-subnet': 'two hosts have the same pod subnet',
  'duplicate-address': 'two pods have the same address',
  'netmask-too-wide': 'a pod takes pods of other hosts to be on its own link',
  'gateway-address-missing': "the bridge has no address in its pods' subnet",
  'neighbor-missing': "the MAC of a peer's tunnel device is not in the neighbor table",
  'neighbor-mac-wrong': 'a neighbor entry has the MAC of another device than the one with the address',
  'vtep-mac-stale': "neighbor and FDB entry have a MAC that the peer's tunnel device has no more",
  'fdb-entry-missing': 'the FDB of the tunnel device does not know behind which host a MAC is',
  'fdb-entry-stale': 'an FDB entry leads to an address that no host has',
  'fdb-entry-wrong-host': 'an FDB entry leads to another host than the one with the pod',
  'tunnel-missing': 'the forwarder has no tunnel to the subnet',
  'tunnel-stale': 'a tunnel of the forwarder leads to an address that no host has',
  'tunnel-wrong-host': 'a tunnel of the forwarder leads to another host than the one with the pod',
  'vtep-missing': 'a host lacks the tunnel device that its peers have',
  'vtep-down': 'the tunnel device is down',
  'vtep-address-missing': 'the tunnel device has no address, and the host speaks to pods from another',
  'vni-differs': 'the hosts are in different VXLAN networks',
  'vxlan-port-differs': 'the hosts send VXLAN to different UDP ports',
  'vxlan-port-blocked': 'a firewall drops VXLAN between hosts',
  'udp-port-blocked': 'a firewall drops the datagrams of the udp backend between hosts',
  'forwarder-stopped': 'no forwarder reads the TAP or TUN: the agent does not run',
  'bridge-down': "the pods' bridge is down",
  'port-off-bridge': "the host's end of a pod's veth pair is on no bridge",
  'port-down': "the host's end of a pod's veth pair is down",
  'port-isolated': 'ports of the bridge are isolated from one another',
  'interface-down': "a pod's own interface is down",
  'underlay-down': "a host's interface to the other hosts is down",
  'underlay-port-down': "the switch's port of a host is down",
  'underlay-port-isolated': "the switch keeps its hosts' ports apart",
  'frame-for-nobody': 'a frame goes to a MAC that no device on its link has',
  'neighbor-unresolved': 'nobody answers for the next hop',
  'forwarding-off': 'a host does not forward',
  'forward-policy-drop': 'a forward chain drops what no rule of its own accepts',
  'nft-drop': 'a rule of netfilter drops the packet',
  'nft-reject': 'a rule of netfilter rejects the packet',
  'masquerade-without-exception': 'masquerading changes the source of packets between pods',
  'rp-filter': 'source validation drops what came by another way than the one back',
  'mtu-exceeds-underlay': 'the encapsulated packet is larger than the underlay carries',
  'exceeds-mtu': 'the packet is larger than the MTU on its way, and must not be cut',
  'ttl-exceeded': 'the time to live ends before the destination',
  'echo-ignored': 'the destination does not answer echo requests',
} as const;

/** What a fault is called. */
export type FindingCode = keyof typeof FINDING_MEANINGS | DropReason;

/** A fault: where it is, what it is, what shows it, and what mends it. */
export interface Finding {
  /** `peer-route-missing`: for programs, and for looking it up. */
  readonly code: FindingCode;
  /** The host or pod that it is on. */
  readonly node: string;
  readonly device?: string;
  /** A sentence. */
  readonly text: string;
  /** Rows and addresses that show it, as the tools print them. */
  readonly evidence: readonly string[];
  /** Commands, or sentences where no command does it. */
  readonly mend: readonly string[];
}
