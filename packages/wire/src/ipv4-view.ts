/**
 * IPv4 headers in place (RFC 791, section 3.1).
 *
 *      0       4       8              16    19                    31
 *   0  version|  IHL  | DSCP     |ECN|        total length         |
 *   4  identification                |0|D|M|   fragment offset     |
 *   8  TTL            |  protocol    |       header checksum       |
 *  12  source address                                              |
 *  16  destination address                                         |
 *  20  options, 0 to 40 bytes                                      |
 */

import type { IpAddress } from './address.js';
import { ByteView, holds } from './byte-view.js';
import { putUint16, uint, uint16At, uint32At } from './bytes.js';
import { sumWithLength, updateChecksum, viewSum } from './checksum.js';
import { formatIpv4 } from './ipv4-text.js';

/** The header without options. */
export const IPV4_HEADER_BYTES = 20;

export const DONT_FRAGMENT = 0x4000;
export const MORE_FRAGMENTS = 0x2000;
export const OFFSET_MASK = 0x1fff;

/**
 * A packet in place. Only the header has to be there; see `parseIpv4` for a whole packet. Writing a field keeps a
 * right header checksum right (RFC 1624) and a wrong one wrong.
 *
 * @example
 * ```ts
 * import { IpProtocol, Ipv4View } from '@podlan/wire';
 *
 * const packet = Uint8Array.of(0x45, 0, 0, 20, 0, 9, 0x40, 0, 64, 17, 0x21, 0xdd, 10, 244, 1, 5, 10, 244, 2, 7);
 * const ip = new Ipv4View();
 * ip.reset(packet); // => true
 * ip.protocol === IpProtocol.udp; // => true
 * [ip.family, ip.headerBytes, ip.totalLength, ip.identification, ip.trafficClass]; // => [4, 20, 20, 9, 0]
 * [ip.dontFragment, ip.moreFragments, ip.fragmentOffset]; // => [true, false, 0]
 * [ip.payloadOffset, ip.payloadEnd, ip.options.length]; // => [20, 20, 0]
 *
 * ip.ttl -= 1;
 * ip.ttl; // => 63
 * ip.checksum; // => 0x22dd
 * ip.checksumHolds; // => true
 *
 * [ip.sourceNumber, ip.destinationNumber]; // => [0x0af40105, 0x0af40207]
 * [ip.source, ip.destination]; // => ['10.244.1.5', '10.244.2.7']
 * [ip.sourceAt, ip.destinationAt]; // => [12, 16]
 * // For the checksum of a UDP datagram of 8 bytes behind this header.
 * ip.pseudoHeaderSum(IpProtocol.udp, 8); // => 0x190d
 * Ipv4View.over(packet, 1); // => undefined
 * ```
 */
export class Ipv4View extends ByteView {
  /** A new view over a packet, `undefined` where no IPv4 header is there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): Ipv4View | undefined {
    const view = new Ipv4View();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return ipv4HeaderBytes(bytes, offset, end) > 0 && this.place(bytes, offset, end);
  }

  /** Whose rules a checksum behind this header follows. */
  get family(): 4 {
    return 4;
  }

  /** The header with its options. */
  get headerBytes(): number {
    return (this.bytes[this.offset]! & 0x0f) * 4;
  }

  /** DSCP and ECN together, one byte (RFC 2474, RFC 3168). */
  get trafficClass(): number {
    return this.bytes[this.offset + 1]! | 0;
  }

  set trafficClass(value: number) {
    rewrite(this, 0, (uint16At(this.bytes, this.offset) & 0xff00) | uint('trafficClass', value, 8));
  }

  /** Of header and payload, as the header says. */
  get totalLength(): number {
    return uint16At(this.bytes, this.offset + 2);
  }

  /** Shared by the fragments of a packet. */
  get identification(): number {
    return uint16At(this.bytes, this.offset + 4);
  }

  set identification(value: number) {
    rewrite(this, 4, uint('identification', value, 16));
  }

  /** Whether no router may fragment the packet. */
  get dontFragment(): boolean {
    return (uint16At(this.bytes, this.offset + 6) & DONT_FRAGMENT) !== 0;
  }

  /** Whether fragments behind this one follow. */
  get moreFragments(): boolean {
    return (uint16At(this.bytes, this.offset + 6) & MORE_FRAGMENTS) !== 0;
  }

  /** In bytes, a multiple of 8. */
  get fragmentOffset(): number {
    return (uint16At(this.bytes, this.offset + 6) & OFFSET_MASK) * 8;
  }

  /** Hops that are left. */
  get ttl(): number {
    return this.bytes[this.offset + 8]! | 0;
  }

  set ttl(value: number) {
    rewrite(this, 8, (uint('ttl', value, 8) << 8) | this.protocol);
  }

  /** One of `IpProtocol`, or another. */
  get protocol(): number {
    return this.bytes[this.offset + 9]! | 0;
  }

  /** Of the header, as it is stored. */
  get checksum(): number {
    return uint16At(this.bytes, this.offset + 10);
  }

  set checksum(value: number) {
    putUint16(this.bytes, this.offset + 10, uint('checksum', value, 16));
  }

  /** Whether the header is as it was sent. */
  get checksumHolds(): boolean {
    return viewSum(this, 0, this.offset, this.offset + this.headerBytes) === 0xffff;
  }

  /** Where the 4 bytes lie. */
  get sourceAt(): number {
    return this.offset + 12;
  }

  /** Where the 4 bytes lie. */
  get destinationAt(): number {
    return this.offset + 16;
  }

  /** In host order, as `parseIpv4Number` gives it. */
  get sourceNumber(): number {
    return uint32At(this.bytes, this.sourceAt);
  }

  /** The checksum of a segment behind this header changes too: see `adjustChecksum` of its view. */
  set sourceNumber(value: number) {
    rewriteAddress(this, 12, uint('sourceNumber', value, 32));
  }

  /** As {@link sourceNumber}. */
  get destinationNumber(): number {
    return uint32At(this.bytes, this.destinationAt);
  }

  set destinationNumber(value: number) {
    rewriteAddress(this, 16, uint('destinationNumber', value, 32));
  }

  /** Makes the text. */
  get source(): IpAddress {
    return formatIpv4(this.bytes, this.sourceAt) as IpAddress;
  }

  /** Makes the text. */
  get destination(): IpAddress {
    return formatIpv4(this.bytes, this.destinationAt) as IpAddress;
  }

  /** Raw; makes an array. */
  get options(): Uint8Array {
    return this.bytes.subarray(this.offset + IPV4_HEADER_BYTES, this.payloadOffset);
  }

  override get payloadOffset(): number {
    return this.offset + this.headerBytes;
  }

  /** Where the total length says, so Ethernet padding is not part of the payload; `end` where that is nearer. */
  override get payloadEnd(): number {
    return Math.min(this.end, this.offset + Math.max(this.headerBytes, this.totalLength));
  }

  /** As the function `pseudoHeaderSum`, of the addresses in this header. */
  pseudoHeaderSum(protocol: number, length: number): number {
    const { bytes, sourceAt: at } = this;
    const sum =
      uint16At(bytes, at) + uint16At(bytes, at + 2) + uint16At(bytes, at + 4) + uint16At(bytes, at + 6);
    return sumWithLength(sum, protocol, length);
  }
}

/** The length of the header that lies at `offset`, 0 where none is there. */
export function ipv4HeaderBytes(bytes: Uint8Array, offset: number, end: number): number {
  if (!holds(bytes, offset, end, IPV4_HEADER_BYTES) || bytes[offset]! >> 4 !== 4) return 0;
  const headerBytes = (bytes[offset]! & 0x0f) * 4;
  return headerBytes >= IPV4_HEADER_BYTES && headerBytes <= end - offset ? headerBytes : 0;
}

/** Writes the word at `at` of the header, and its checksum anew. */
function rewrite(ip: Ipv4View, at: number, word: number): void {
  ip.checksum = updateChecksum(ip.checksum, uint16At(ip.bytes, ip.offset + at), word);
  putUint16(ip.bytes, ip.offset + at, word);
}

/** In halves, because engines box a number of 32 bits that is passed on. */
function rewriteAddress(ip: Ipv4View, at: number, address: number): void {
  rewrite(ip, at, address >>> 16);
  rewrite(ip, at + 2, address & 0xffff);
}
