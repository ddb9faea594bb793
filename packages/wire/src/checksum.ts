/**
 * The Internet checksum (RFC 1071), its update in place (RFC 1624), and the pseudo headers of IPv4 (RFC 9293,
 * section 3.1) and IPv6 (RFC 8200, section 8.1). Every sum here is folded to 16 bits, so that sums of even-length
 * pieces can be chained.
 */

import type { Family, IpAddress } from './address.js';
import { expected } from './address-field.js';
import { type ByteView, wordsOf } from './byte-view.js';
import { dataView } from './bytes.js';
import { parseIpv4Number } from './ipv4-text.js';
import { writeIpv6 } from './ipv6-text.js';

/** What UDP, TCP and ICMPv6 checksums cover besides the segment itself. */
export interface PseudoHeader {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** An IP header in place, as far as the checksums of what it carries need it: `Ipv4View` and `Ipv6View`. */
export interface IpHeaderView {
  readonly family: Family;
  /** As {@link pseudoHeaderSum}, of the addresses in the header; nothing is allocated. */
  pseudoHeaderSum(protocol: number, length: number): number;
}

/**
 * One's complement sum of the bytes from `from` to `to`, folded to 16 bits. `initial` is the sum of what stood before.
 * Only the last piece of a chain may have an odd length.
 *
 * @example
 * ```ts
 * import { onesComplementSum } from '@podlan/wire';
 *
 * // The example of RFC 1071, section 3.
 * const bytes = Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7);
 * onesComplementSum(bytes); // => 0xddf2
 * onesComplementSum(bytes, onesComplementSum(bytes, 0, 0, 4), 4); // => 0xddf2
 * ```
 */
export function onesComplementSum(bytes: Uint8Array, initial = 0, from = 0, to = bytes.length): number {
  return to - from < WORDS_PAY
    ? sumOfBytes(bytes, initial, from, to)
    : sumOfWords(dataView(bytes), initial, from, to);
}

/** As {@link onesComplementSum}, of the view's bytes; nothing is allocated but once for the same bytes. */
export function viewSum(view: ByteView, initial: number, from: number, to: number): number {
  const length = to - from;
  return length < WORDS_PAY && (length < MADE_WORDS_PAY || view.words === undefined)
    ? sumOfBytes(view.bytes, initial, from, to)
    : sumOfWords(wordsOf(view), initial, from, to);
}

/** Below this a DataView costs more to make than it saves. */
const WORDS_PAY = 256;
/** The same where there is one already. */
const MADE_WORDS_PAY = 48;

/** High and low bytes each in a sum of their own. `to` - `from` is below {@link WORDS_PAY}. */
function sumOfBytes(bytes: Uint8Array, initial: number, from: number, to: number): number {
  let high = 0;
  let low = 0;
  let at = from;
  for (const last = to - 8; at <= last; at += 8) {
    high += bytes[at]! + bytes[at + 2]! + bytes[at + 4]! + bytes[at + 6]!;
    low += bytes[at + 1]! + bytes[at + 3]! + bytes[at + 5]! + bytes[at + 7]!;
  }
  for (const last = to - 2; at <= last; at += 2) {
    high += bytes[at]!;
    low += bytes[at + 1]!;
  }
  if (at < to) high += bytes[at]!;
  return fold((high << 8) + low + initial);
}

/** 65,536 words of 32 bits: as many as the sum of their halves, 16 bits each, can hold in 32. */
const MOST_BYTES = 0x40000;

function sumOfWords(view: DataView, initial: number, from: number, to: number): number {
  let sum = initial;
  for (let at = from; at < to; at += MOST_BYTES) {
    sum = fold(sum + swapped(littleEndianSum(view, at, Math.min(to, at + MOST_BYTES))));
  }
  return sum;
}

/**
 * The sum does not depend on the byte order, but for the order of its own two bytes (RFC 1071, section 2). Words of 32
 * bits are added up, and their high halves apart from them: what the high halves did not give is the sum of the low
 * ones, whatever ran over.
 */
function littleEndianSum(view: DataView, from: number, to: number): number {
  let words = 0;
  let high = 0;
  let at = from;
  for (const last = to - 16; at <= last; at += 16) {
    const a = view.getInt32(at, true);
    const b = view.getInt32(at + 4, true);
    const c = view.getInt32(at + 8, true);
    const d = view.getInt32(at + 12, true);
    words = (words + a + b + c + d) | 0;
    high = (high + (a >>> 16) + (b >>> 16) + (c >>> 16) + (d >>> 16)) | 0;
  }
  const low = (words - (high << 16)) >>> 0;
  let rest = 0;
  for (const last = to - 2; at <= last; at += 2) rest += view.getUint16(at, true);
  if (at < to) rest += view.getUint8(at);
  return fold(fold(low) + fold(high >>> 0) + rest);
}

function swapped(sum: number): number {
  return ((sum & 0xff) << 8) | (sum >>> 8);
}

/** Any unsigned number of 32 bits. */
function fold(sum: number): number {
  const once = (sum & 0xffff) + (sum >>> 16);
  return (once & 0xffff) + (once >>> 16);
}

/**
 * The value to store: complement of the sum, taken with the checksum field as zero.
 *
 * @example
 * ```ts
 * import { internetChecksum } from '@podlan/wire';
 *
 * // An ICMP echo request without data: identifier 7, sequence 1.
 * const message = Uint8Array.of(8, 0, 0, 0, 0, 7, 0, 1);
 * internetChecksum(message); // => 0xf7f7
 * ```
 */
export function internetChecksum(bytes: Uint8Array, initial = 0, from = 0, to = bytes.length): number {
  return ~onesComplementSum(bytes, initial, from, to) & 0xffff;
}

/**
 * Whether a range that includes its stored checksum is as it was when that was computed: it sums to all ones.
 *
 * @example
 * ```ts
 * import { checksumHolds } from '@podlan/wire';
 *
 * checksumHolds(Uint8Array.of(8, 0, 0xf7, 0xf7, 0, 7, 0, 1)); // => true
 * checksumHolds(Uint8Array.of(8, 0, 0xf7, 0xf7, 0, 7, 0, 2)); // => false
 * ```
 */
export function checksumHolds(bytes: Uint8Array, initial = 0, from = 0, to = bytes.length): boolean {
  return onesComplementSum(bytes, initial, from, to) === 0xffff;
}

/**
 * The checksum after one 16-bit word under it changed from `before` to `after` (RFC 1624, equation 3).
 *
 * @example
 * ```ts
 * import { updateChecksum } from '@podlan/wire';
 *
 * // The example of RFC 1624, section 4.
 * updateChecksum(0xdd2f, 0x5555, 0x3285); // => 0x0000
 * ```
 */
export function updateChecksum(checksum: number, before: number, after: number): number {
  return ~fold((~checksum & 0xffff) + (~before & 0xffff) + after) & 0xffff;
}

/**
 * As {@link updateChecksum}, for a change of 32 bits: an IPv4 address, a quarter of an IPv6 address, a TCP sequence
 * number.
 *
 * @example
 * ```ts
 * import { updateChecksum32 } from '@podlan/wire';
 *
 * updateChecksum32(0xdd2f, 0x00005555, 0x00003285); // => 0x0000
 * ```
 */
export function updateChecksum32(checksum: number, before: number, after: number): number {
  const sum =
    (~checksum & 0xffff) + (~before & 0xffff) + (~before >>> 16) + (after & 0xffff) + (after >>> 16);
  return ~fold(sum) & 0xffff;
}

/**
 * The sum of the pseudo header of a segment of `length` bytes, for {@link onesComplementSum} to go on from.
 *
 * @example
 * ```ts
 * import { IpProtocol, parseIpAddress, pseudoHeaderSum } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * pseudoHeaderSum(pseudo, IpProtocol.udp, 8); // => 0x1905
 * ```
 */
export function pseudoHeaderSum(pseudo: PseudoHeader, protocol: number, length: number): number {
  return sumWithLength(addressSum(pseudo.source) + addressSum(pseudo.destination), protocol, length);
}

/** `addresses` is the sum of both addresses, not necessarily folded. */
export function sumWithLength(addresses: number, protocol: number, length: number): number {
  return fold(addresses + protocol + (length & 0xffff) + (length >>> 16));
}

const scratch = /* @__PURE__ */ new Uint8Array(16);

function addressSum(address: IpAddress): number {
  const number = parseIpv4Number(address);
  if (number >= 0) return (number >>> 16) + (number & 0xffff);
  if (!writeIpv6(address, scratch, 0)) throw expected('pseudo header', 'an IpAddress', address);
  return sumOfBytes(scratch, 0, 0, 16);
}

/**
 * The checksum of a segment as its header wants it stored, for protocols under a pseudo header. `length` bytes of
 * `segment` are taken.
 *
 * @example
 * ```ts
 * import { IpProtocol, parseIpAddress, transportChecksum } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * const datagram = Uint8Array.of(0x13, 0x88, 0, 53, 0, 8, 0, 0);
 * transportChecksum(datagram, pseudo, IpProtocol.udp); // => 0xd335
 * ```
 */
export function transportChecksum(
  segment: Uint8Array,
  pseudo: PseudoHeader,
  protocol: number,
  length = segment.length,
): number {
  return internetChecksum(segment, pseudoHeaderSum(pseudo, protocol, length), 0, length);
}

/**
 * Whether a segment with its stored checksum is as it was sent. As {@link transportChecksum}.
 *
 * @example
 * ```ts
 * import { IpProtocol, parseIpAddress, transportChecksumHolds } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * const datagram = Uint8Array.of(0x13, 0x88, 0, 53, 0, 8, 0xd3, 0x35);
 * transportChecksumHolds(datagram, pseudo, IpProtocol.udp); // => true
 * ```
 */
export function transportChecksumHolds(
  segment: Uint8Array,
  pseudo: PseudoHeader,
  protocol: number,
  length = segment.length,
): boolean {
  return checksumHolds(segment, pseudoHeaderSum(pseudo, protocol, length), 0, length);
}
