/** Names of the verdicts: what became of each slot. `tx` is from the device to a tunnel, `rx` the other way. */
import { RX_DELIVERED, RX_DELIVERED_OUTSIDE, TX_TUNNELED } from './layout.js';

/** Indexed by verdict number. */
export const VERDICTS = [
  'tx-tunneled',
  'tx-bad-slot',
  'tx-truncated',
  'tx-group-mac',
  'tx-not-ip',
  'tx-malformed-ip',
  'tx-no-tunnel',
  'tx-bad-offload',
  'rx-delivered',
  'rx-delivered-outside',
  'rx-bad-slot',
  'rx-truncated',
  'rx-unknown-peer',
  'rx-not-vxlan',
  'rx-wrong-vni',
  'rx-group-mac',
  'rx-other-mac',
  'rx-not-ip',
  'rx-malformed-ip',
  'rx-own-source',
  'rx-spoofed-source',
  'rx-bad-ecn',
] as const;

/** One of {@link VERDICTS}. */
export type Verdict = (typeof VERDICTS)[number];

/** What each verdict means, in a line a person reads. */
export const VERDICT_MEANINGS: Readonly<Record<Verdict, string>> = {
  'tx-tunneled': 'sent into a tunnel',
  'tx-bad-slot': 'the device put the frame outside its slot, or left no headroom',
  'tx-truncated': 'shorter than an Ethernet header',
  'tx-group-mac': 'broadcast or multicast: there are no such packets between hosts',
  'tx-not-ip': 'neither IPv4 nor IPv6; bare, not IPv4',
  'tx-malformed-ip': 'the IP header contradicts itself or the frame length, or its checksum is wrong',
  'tx-no-tunnel': 'no tunnel for the destination',
  'tx-bad-offload': 'the vnet_hdr contradicts the frame, or its segments do not fit the slot',
  'rx-delivered': 'from the node that leases the source, to the device',
  'rx-delivered-outside': 'from a node, with a source outside the pod networks, to the device',
  'rx-bad-slot': 'the socket put the datagram outside its slot',
  'rx-truncated': 'shorter than VXLAN and Ethernet headers, empty, or cut off on receipt',
  'rx-unknown-peer': 'from an address that is no node',
  'rx-not-vxlan': 'without the VXLAN I flag',
  'rx-wrong-vni': 'of another VXLAN network',
  'rx-group-mac': 'broadcast or multicast inner destination',
  'rx-other-mac': 'the inner destination MAC is not ours',
  'rx-not-ip': 'neither IPv4 nor IPv6 inside; bare, not IPv4',
  'rx-malformed-ip': 'the inner IP header contradicts itself or the frame length, or its checksum is wrong',
  'rx-own-source': 'the inner source is one of our own pods',
  'rx-spoofed-source': "the inner source lies in the pod networks, but not in that node's subnet",
  'rx-bad-ecn': 'marked as congested on the way, although the inner packet cannot be (RFC 6040)',
};

/**
 * Whether a slot with this verdict went on its way.
 * @example
 * ```ts
 * import { isForwarded } from '@podlan/dataplane';
 *
 * isForwarded('tx-tunneled'); // => true
 * isForwarded('rx-spoofed-source'); // => false
 * ```
 */
export function isForwarded(verdict: Verdict): boolean {
  const number = VERDICTS.indexOf(verdict);
  return number === TX_TUNNELED || number === RX_DELIVERED || number === RX_DELIVERED_OUTSIDE;
}
