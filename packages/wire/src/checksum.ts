/**
 * The Internet checksum (RFC 1071) and the pseudo headers of IPv4 (RFC 9293, section 3.1) and IPv6 (RFC 8200,
 * section 8.1). Every sum here is folded to 16 bits, so that sums of
 * even-length pieces can be chained.
 */

import { type IpAddress, ipToBytes } from './address.js';

/** What UDP, TCP and ICMPv6 checksums cover besides the segment itself. */
export interface PseudoHeader {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** One's complement sum, folded to 16 bits. Only the last piece of a chain may have an odd length. */
export function onesComplementSum(bytes: Uint8Array, initial = 0): number {
  let sum = initial;
  const even = bytes.length & ~1;
  for (let i = 0; i < even; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  if (even < bytes.length) sum += bytes[even]! << 8;
  return fold(sum);
}

/** Doubles hold the sum of any buffer exactly; 32-bit operators would not, hence the division. */
function fold(sum: number): number {
  let folded = sum;
  while (folded > 0xffff) folded = (folded % 0x10000) + Math.floor(folded / 0x10000);
  return folded;
}

/** The value to store: complement of the sum, taken with the checksum field as zero. */
export function internetChecksum(bytes: Uint8Array, initial = 0): number {
  return ~onesComplementSum(bytes, initial) & 0xffff;
}

/** With the stored checksum included, a correct range sums to all ones. */
export function checksumHolds(bytes: Uint8Array, initial = 0): boolean {
  return onesComplementSum(bytes, initial) === 0xffff;
}

export function pseudoHeaderSum(pseudo: PseudoHeader, protocol: number, length: number): number {
  const addresses = onesComplementSum(
    ipToBytes(pseudo.destination),
    onesComplementSum(ipToBytes(pseudo.source)),
  );
  return fold(addresses + protocol + Math.floor(length / 0x10000) + (length % 0x10000));
}

/** The checksum of a segment as its header wants it stored, for protocols under a pseudo header. */
export function transportChecksum(segment: Uint8Array, pseudo: PseudoHeader, protocol: number): number {
  return internetChecksum(segment, pseudoHeaderSum(pseudo, protocol, segment.length));
}

export function transportChecksumHolds(segment: Uint8Array, pseudo: PseudoHeader, protocol: number): boolean {
  return checksumHolds(segment, pseudoHeaderSum(pseudo, protocol, segment.length));
}
