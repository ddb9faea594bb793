/**
 * VXLAN and Ethernet headers, and what the forwarder is set to: its VNI and MAC.
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

/** The header's second word, as it lies in memory. */
let vniWord: u32 = 0;
/** Until it is set, a group address: no frame is ours. */
let macLow: u32 = 0xffffffff;
let macHigh: u32 = 0xffff;

export function setIdentity(vni: u32, mac: usize): void {
  vniWord = bswap<u32>(vni << 8);
  macLow = load<u32>(mac);
  macHigh = load<u16>(mac, 4);
}

// @ts-ignore: decorator
@inline
export function writeVxlan(at: usize): void {
  store<u32>(at, FLAG_VNI);
  store<u32>(at, vniWord, 4);
}

// @ts-ignore: decorator
@inline
export function hasVni(at: usize): bool {
  return (load<u8>(at) & FLAG_VNI) != 0;
}

// @ts-ignore: decorator
@inline
export function isOurVni(at: usize): bool {
  return (load<u32>(at, 4) & 0x00ffffff) == vniWord;
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
  return load<u32>(mac) == macLow && <u32>load<u16>(mac, 4) == macHigh;
}
