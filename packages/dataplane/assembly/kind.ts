/**
 * What a datagram of a tunnel holds: an Ethernet frame behind a VXLAN header, or an IPv4 packet and nothing else, as
 * flannel's udp backend has it. Set once, before packets come.
 *
 *   KIND_VXLAN   | VXLAN 8 | Ethernet 14 | IP … |
 *   KIND_UDP                             | IP … |
 */
import { KIND_UDP } from '../src/layout';
import { ETHERNET_BYTES, VXLAN_BYTES } from './vxlan';

export let isBare: bool = false;
/** Of a frame of the device, before its IP packet. */
export let linkBytes: u32 = ETHERNET_BYTES;
/** Of a datagram, before the frame. */
export let tunnelBytes: u32 = VXLAN_BYTES;

export function setKind(kind: i32): void {
  isBare = kind == KIND_UDP;
  linkBytes = isBare ? 0 : ETHERNET_BYTES;
  tunnelBytes = isBare ? 0 : VXLAN_BYTES;
}
