/**
 * struct virtio_net_hdr (virtio 1.2 section 5.1.6, Linux: include/uapi/linux/virtio_net.h), little-endian as the
 * machine is: what is still to be done to a frame.
 *
 *   | flags 1 | gso type 1 | header length 2 | gso size 2 | checksum start 2 | checksum offset 2 |
 */

const VNET_NEEDS_CSUM: u32 = 1;
export const VNET_GSO_NONE: u32 = 0;
export const VNET_GSO_TCPV4: u32 = 1;
export const VNET_GSO_TCPV6: u32 = 4;
export const VNET_GSO_UDP_L4: u32 = 5;
/** Or'd to a TCP type: the super-packet carries CWR (RFC 3168 section 6.1.2). */
export const VNET_GSO_ECN: u32 = 0x80;

/** No checksum to be made, and nothing to be cut. */
// @ts-ignore: decorator
@inline
export function hasNothingToDo(vnet: usize): bool {
  return load<u16>(vnet) == 0;
}

// @ts-ignore: decorator
@inline
export function needsChecksum(vnet: usize): bool {
  return (load<u8>(vnet) & VNET_NEEDS_CSUM) != 0;
}

// @ts-ignore: decorator
@inline
export function gsoTypeOf(vnet: usize): u32 {
  return load<u8>(vnet, 1) & ~VNET_GSO_ECN;
}

// @ts-ignore: decorator
@inline
export function gsoSizeOf(vnet: usize): u32 {
  return load<u16>(vnet, 4);
}

// @ts-ignore: decorator
@inline
export function checksumStartOf(vnet: usize): u32 {
  return load<u16>(vnet, 6);
}

// @ts-ignore: decorator
@inline
export function checksumOffsetOf(vnet: usize): u32 {
  return load<u16>(vnet, 8);
}

export function writeSuperPacket(vnet: usize, type: u32, headers: u32, size: u32, start: u32, offset: u32): void {
  store<u8>(vnet, <u8>VNET_NEEDS_CSUM);
  store<u8>(vnet, <u8>type, 1);
  store<u16>(vnet, <u16>headers, 2);
  store<u16>(vnet, <u16>size, 4);
  store<u16>(vnet, <u16>start, 6);
  store<u16>(vnet, <u16>offset, 8);
}
