/**
 * The least that must be true of an inner IP packet before its addresses are believed. RFC 791 section 3.1,
 * RFC 8200 section 3: lengths that agree, and IPv4's header checksum. The payload and options, with their checksums,
 * are the receiving kernel's business.
 */
import { checksumHolds, isAllOnes } from './checksum';
import { lookupAddress4, lookupKey, lookupNear4 } from './fib';
import { firstWord, loadHalfWord, loadWord, loadWords, secondWord } from './key';

/** Big-endian as loaded little-endian. */
export const ETHERTYPE_IPV4: u32 = 0x0008;
const ETHERTYPE_IPV6: u32 = 0xdd86;

export const IPV4_HEADER: u32 = 20;
/** Version, and the header's length in words. */
export const PLAIN_IPV4: u32 = 0x45;
export const IPV4_PROTOCOL: usize = 9;
export const IPV4_SOURCE: usize = 12;
export const IPV4_DESTINATION: usize = 16;
export const IPV4_LENGTH: usize = 2;
export const IPV4_IDENTIFICATION: usize = 4;
export const IPV4_FRAGMENT: usize = 6;
export const IPV4_CHECKSUM: usize = 10;
/** DF, MF and the offset, as they lie. */
export const DONT_FRAGMENT: u32 = 0x0040;
const FRAGMENTED: u32 = 0xff3f;
export const IPV6_HEADER: u32 = 40;
export const IPV6_LENGTH: usize = 4;
const IPV6_NEXT_HEADER: usize = 6;
const IPV6_SOURCE: usize = 8;
const IPV6_DESTINATION: usize = 24;

export const FAMILY_NONE = 0;
export const FAMILY_MALFORMED = -1;

// @ts-ignore: decorator
@inline
export function loadShort(at: usize): u32 {
  return bswap<u16>(load<u16>(at));
}

function validV4(packet: usize, length: u32): bool {
  if (length < IPV4_HEADER || load<u8>(packet) >> 4 != 4) return false;
  const header = <u32>(load<u8>(packet) & 15) << 2;
  const total = loadShort(packet + IPV4_LENGTH);
  if (header < IPV4_HEADER || total < header || total > length) return false;
  return header == IPV4_HEADER ? plainHeaderHolds(packet) : checksumHolds(packet, header);
}

/** As `checksumHolds`, for the header without options, which nearly all are. */
// @ts-ignore: decorator
@inline
function plainHeaderHolds(packet: usize): bool {
  const first = <u64>load<u32>(packet) + <u64>load<u32>(packet, 4) + <u64>load<u32>(packet, 8);
  return isAllOnes(first + <u64>load<u32>(packet, 12) + <u64>load<u32>(packet, 16));
}

function validV6(packet: usize, length: u32): bool {
  return length >= IPV6_HEADER && load<u8>(packet) >> 4 == 6 && loadShort(packet + IPV6_LENGTH) + IPV6_HEADER <= length;
}

/** A valid IPv4 packet without options, as nearly all are. */
// @ts-ignore: decorator
@inline
function isPlainV4(packet: usize, length: u32): bool {
  if (length < IPV4_HEADER) return false;
  if (load<u8>(packet) != PLAIN_IPV4) return false;
  // Both at least a header's length: one comparison for too short and too long.
  if (loadShort(packet + IPV4_LENGTH) - IPV4_HEADER > length - IPV4_HEADER) return false;
  return plainHeaderHolds(packet);
}

/** Whether the frame's payload is a valid packet of this family, of IPv4 one without options. */
// @ts-ignore: decorator
@inline
export function isPlainPacket(family: i32, ethertypeAt: usize, packet: usize, length: u32): bool {
  if (load<u16>(ethertypeAt) != (family == 4 ? ETHERTYPE_IPV4 : ETHERTYPE_IPV6)) return false;
  return family == 4 ? isPlainV4(packet, length) : validV6(packet, length);
}

/** 4 or 6 where the frame's payload is such a packet, FAMILY_NONE where it says it is something else. */
export function familyAt(ethertypeAt: usize, packet: usize, length: u32): i32 {
  const ethertype = <u32>load<u16>(ethertypeAt);
  if (ethertype == ETHERTYPE_IPV4) return validV4(packet, length) ? 4 : FAMILY_MALFORMED;
  if (ethertype == ETHERTYPE_IPV6) return validV6(packet, length) ? 6 : FAMILY_MALFORMED;
  return FAMILY_NONE;
}

/** As `familyAt`, where nothing but the packet says what it is: bare tunnels carry IPv4. */
export function bareFamilyAt(packet: usize, length: u32): i32 {
  if (length > 0 && load<u8>(packet) >> 4 != 4) return FAMILY_NONE;
  return validV4(packet, length) ? 4 : FAMILY_MALFORMED;
}

/** Of IPv6 the fixed header only: extension headers are looked at by nobody here. */
// @ts-ignore: decorator
@inline
export function ipHeaderBytes(family: i32, packet: usize): u32 {
  return family == 4 ? <u32>(load<u8>(packet) & 15) << 2 : IPV6_HEADER;
}

/** Header and payload, as the header says. */
// @ts-ignore: decorator
@inline
export function ipBytes(family: i32, packet: usize): u32 {
  return family == 4 ? loadShort(packet + IPV4_LENGTH) : loadShort(packet + IPV6_LENGTH) + IPV6_HEADER;
}

/** What the fixed header says comes after it. */
// @ts-ignore: decorator
@inline
export function protocolOf(family: i32, packet: usize): u32 {
  return family == 4 ? load<u8>(packet, IPV4_PROTOCOL) : load<u8>(packet, IPV6_NEXT_HEADER);
}

/** Whether an IPv4 packet is one of several; IPv6 says so in an extension header. */
// @ts-ignore: decorator
@inline
export function isFragment(family: i32, packet: usize): bool {
  return family == 4 && (load<u16>(packet, IPV4_FRAGMENT) & FRAGMENTED) != 0;
}

// @ts-ignore: decorator
@inline
function lookupAt6(at: usize): u32 {
  const words = loadWords(at);
  return lookupKey(6, firstWord(words), secondWord(words));
}

/** The value of the longest prefix of the address at `at`, or MISS. */
export function lookupAt(family: i32, at: usize): u32 {
  return family == 4 ? lookupAddress4(bswap<u32>(load<u32>(at))) : lookupAt6(at);
}

/** As `lookupAt`, but of IPv4 MISS also where it takes longer. */
// @ts-ignore: decorator
@inline
export function lookupNear(family: i32, at: usize): u32 {
  return family == 4 ? lookupNear4(bswap<u32>(load<u32>(at))) : lookupAt6(at);
}

// The key halves of an address at `at`.

// @ts-ignore: decorator
@inline
export function keyHigh(family: i32, at: usize): u64 {
  return family == 4 ? loadHalfWord(at) : loadWord(at);
}

// @ts-ignore: decorator
@inline
export function keyLow(family: i32, at: usize): u64 {
  return family == 4 ? 0 : loadWord(at + 8);
}

// @ts-ignore: decorator
@inline
export function sourceOf(family: i32, packet: usize): usize {
  return packet + (family == 4 ? IPV4_SOURCE : IPV6_SOURCE);
}

// @ts-ignore: decorator
@inline
export function destinationOf(family: i32, packet: usize): usize {
  return packet + (family == 4 ? IPV4_DESTINATION : IPV6_DESTINATION);
}
