/**
 * VXLAN and Ethernet headers, and what a VXLAN forwarder is set to: its VNI and MAC.
 *
 *   VXLAN (RFC 7348 section 5)   | flags 1 | reserved 3 | VNI 3 | reserved 1 |
 *   Ethernet                     | destination 6 | source 6 | ethertype 2 |
 */

export const VXLAN_BYTES: u32 = 8;
export const ETHERNET_BYTES: u32 = 14;
export const ETHERTYPE: usize = 12;

/**
 * The I flag: the VNI is valid. Reserved bits are sent as zero and ignored on receipt (RFC 7348 section 5), on purpose:
 * Linux drops packets with bits that its device has no extension for, but a peer whose vxlan device sets some, as one
 * with GBP does, sends frames that are read the same without them.
 */
const FLAG_VNI: u8 = 0x08;

// As they lie in memory, eight bytes at a time.
/** Flags and VNI of a header, without what is reserved. */
const HEADER_MASK: u64 = 0x00ffffff_00000008;
const MAC_MASK: u64 = 0x0000ffff_ffffffff;

let header: u64 = FLAG_VNI;
/** Until it is set, no address at all. */
let ourMac: u64 = u64.MAX_VALUE;

/** A group address is nobody's, and so no frame is ours then. */
export function setIdentity(vni: u32, mac: usize): void {
  header = (<u64>bswap<u32>(vni << 8) << 32) | FLAG_VNI;
  ourMac = isGroup(mac) ? u64.MAX_VALUE : load<u64>(mac) & MAC_MASK;
}

// @ts-ignore: decorator
@inline
export function writeVxlan(at: usize): void {
  store<u64>(at, header);
}

/** Whether the VNI is valid, and ours. */
// @ts-ignore: decorator
@inline
export function isOurVxlan(at: usize): bool {
  return (load<u64>(at) & HEADER_MASK) == header;
}

// @ts-ignore: decorator
@inline
export function hasVni(at: usize): bool {
  return (load<u8>(at) & FLAG_VNI) != 0;
}

// @ts-ignore: decorator
@inline
export function vniAt(at: usize): u32 {
  return bswap<u32>(load<u32>(at, 4)) >> 8;
}

// @ts-ignore: decorator
@inline
export function ourVni(): u32 {
  return bswap<u32>(<u32>(header >> 32)) >> 8;
}

/** Broadcast or multicast: the I/G bit of IEEE 802. */
// @ts-ignore: decorator
@inline
export function isGroup(mac: usize): bool {
  return (load<u8>(mac) & 1) != 0;
}

// @ts-ignore: decorator
@inline
export function isOurMac(mac: usize): bool {
  return (load<u64>(mac) & MAC_MASK) == ourMac;
}
