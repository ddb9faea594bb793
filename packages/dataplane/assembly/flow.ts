/**
 * The outer source port: a hash of the inner flow, from the dynamic range (RFC 7348 section 5), so that links and
 * queues that spread by ports spread flows and keep each one's order. All fragments of a packet hash alike.
 */
import { ipHeaderBytes, isFragment, protocolOf, sourceOf } from './ip';
import { PROTOCOL_TCP, PROTOCOL_UDP } from './transport';

const PORT_BASE: u32 = 49152;
const PORT_MASK: u32 = 16383;
/** 2^64 divided by the golden ratio: spreads neighbouring addresses (Knuth, TAOCP 3, section 6.4). */
export const SPREAD: u64 = 0x9e3779b97f4a7c15;

// @ts-ignore: decorator
@inline
export function mix(hash: u64, word: u64): u64 {
  return rotl<u64>((hash ^ word) * SPREAD, 29);
}

// @ts-ignore: decorator
@inline
function portsOf(family: i32, packet: usize, bytes: u32): u32 {
  const header = ipHeaderBytes(family, packet);
  const protocol = protocolOf(family, packet);
  if (protocol != PROTOCOL_TCP && protocol != PROTOCOL_UDP) return protocol;
  if (bytes < header + 4 || isFragment(family, packet)) return protocol;
  return load<u32>(packet + header);
}

/** `bytes`: of the packet, its IP header has been found valid. */
// @ts-ignore: decorator
@inline
export function sourcePort(family: i32, packet: usize, bytes: u32): u32 {
  const addresses = sourceOf(family, packet);
  let hash = mix(portsOf(family, packet, bytes), load<u64>(addresses));
  if (family == 6) {
    hash = mix(hash, load<u64>(addresses, 8));
    hash = mix(hash, load<u64>(addresses, 16));
    hash = mix(hash, load<u64>(addresses, 24));
  }
  return PORT_BASE + (<u32>((hash * SPREAD) >> 40) & PORT_MASK);
}
