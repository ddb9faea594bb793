/**
 * TCP (RFC 9293 section 3.1) and UDP headers, and the pseudo-header sums under them.
 *
 *   TCP   | ports 4 | sequence 4 | acknowledgment 4 | offset, flags 2 | window 2 | checksum 2 | urgent 2 | options |
 *   UDP   | ports 4 | length 2 | checksum 2 |
 */
import { fold, sumOf } from './checksum';
import { destinationOf, sourceOf } from './ip';

export const PROTOCOL_TCP: u32 = 6;
export const PROTOCOL_UDP: u32 = 17;

export const TCP_SEQUENCE: usize = 4;
export const TCP_ACKNOWLEDGMENT: usize = 8;
export const TCP_FLAGS: usize = 12;
export const TCP_CHECKSUM: usize = 16;
export const TCP_URGENT: usize = 18;
export const TCP_HEADER: u32 = 20;

// The second byte of the flags.
export const FLAG_FIN: u32 = 0x01;
export const FLAG_SYN: u32 = 0x02;
export const FLAG_RST: u32 = 0x04;
export const FLAG_PSH: u32 = 0x08;
export const FLAG_URG: u32 = 0x20;
export const FLAG_CWR: u32 = 0x80;

export const UDP_LENGTH: usize = 4;
export const UDP_CHECKSUM: usize = 6;
export const UDP_HEADER: u32 = 8;

// @ts-ignore: decorator
@inline
export function tcpHeaderBytes(tcp: usize): u32 {
  return <u32>(load<u8>(tcp, TCP_FLAGS) >> 4) << 2;
}

// @ts-ignore: decorator
@inline
export function checksumAt(protocol: u32): u32 {
  return <u32>(protocol == PROTOCOL_TCP ? TCP_CHECKSUM : UDP_CHECKSUM);
}

/** Two bytes in network order, as they lie. */
// @ts-ignore: decorator
@inline
export function networkShort(value: u32): u32 {
  return <u32>bswap<u16>(<u16>value);
}

/** Addresses, protocol and length, folded: what a checksum covers besides the segment itself. */
export function pseudoSum(family: i32, packet: usize, protocol: u32, bytes: u32): u32 {
  const from = sourceOf(family, packet);
  const addresses = sumOf(from, <u32>(destinationOf(family, packet) - from) << 1);
  return fold(addresses + networkShort(protocol) + networkShort(bytes) + networkShort(bytes >> 16));
}

/** Whether the checksum of the segment at `segment` is right. */
export function segmentHolds(family: i32, packet: usize, protocol: u32, segment: usize, bytes: u32): bool {
  return fold(<u64>pseudoSum(family, packet, protocol, bytes) + sumOf(segment, bytes)) == 0xffff;
}
