/**
 * IPv6 packets (RFC 8200). Extension headers stay in the payload; `skipExtensions` finds what is behind
 * them. Jumbograms (RFC 2675) and reassembly are not done.
 */

import type { IpAddress } from './address.js';
import { putIpv6 } from './address-field.js';
import { ByteView, holds } from './byte-view.js';
import { putUint16, putUint32, requireRange, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { sumWithLength, viewSum } from './checksum.js';
import { formatIpv6 } from './ipv6-text.js';

/** The fixed header, without extension headers. */
export const IPV6_HEADER_BYTES = 40;

/** A packet as a value. */
export interface Ipv6Packet {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly trafficClass: number;
  readonly flowLabel: number;
  /** Of the first header in the payload, which may be an extension header. */
  readonly nextHeader: number;
  readonly hopLimit: number;
  readonly payload: Uint8Array;
}

/**
 * A packet in place. Only the header has to be there; see {@link parseIpv6} for a whole packet.
 *
 * @example
 * ```ts
 * import { IpProtocol, Ipv6View, writeIpv6 } from '@podlan/wire';
 *
 * const packet = new Uint8Array(48);
 * packet.set([0x60, 0, 0, 7, 0, 8, IpProtocol.udp, 64]);
 * writeIpv6('fd00::1', packet, 8);
 * writeIpv6('fd00::2', packet, 24);
 *
 * const ip = new Ipv6View();
 * ip.reset(packet); // => true
 * ip.nextHeader === IpProtocol.udp; // => true
 * [ip.family, ip.trafficClass, ip.flowLabel, ip.payloadLength]; // => [6, 0, 7, 8]
 * [ip.payloadOffset, ip.payloadEnd]; // => [40, 48]
 * ip.hopLimit -= 1;
 * ip.hopLimit; // => 63
 *
 * [ip.source, ip.destination]; // => ['fd00::1', 'fd00::2']
 * [ip.sourceAt, ip.destinationAt]; // => [8, 24]
 * ip.setDestination(packet, ip.sourceAt);
 * ip.setSource(new Uint8Array(16));
 * ip.destination; // => 'fd00::1'
 * // For the checksum of the datagram behind this header.
 * ip.pseudoHeaderSum(IpProtocol.udp, 8); // => 0xfd1a
 * Ipv6View.over(packet, 9); // => undefined
 * ```
 */
export class Ipv6View extends ByteView {
  /** A new view over a packet, `undefined` where no IPv6 header is there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): Ipv6View | undefined {
    const view = new Ipv6View();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return (
      holds(bytes, offset, end, IPV6_HEADER_BYTES) &&
      bytes[offset]! >> 4 === 6 &&
      this.place(bytes, offset, end)
    );
  }

  /** Whose rules a checksum behind this header follows. */
  get family(): 6 {
    return 6;
  }

  /** DSCP and ECN together, one byte (RFC 2474, RFC 3168). */
  get trafficClass(): number {
    return (uint16At(this.bytes, this.offset) >> 4) & 0xff;
  }

  set trafficClass(value: number) {
    const others = uint16At(this.bytes, this.offset) & 0xf00f;
    putUint16(this.bytes, this.offset, others | (uint('trafficClass', value, 8) << 4));
  }

  /** 20 bits (RFC 6437). */
  get flowLabel(): number {
    return uint32At(this.bytes, this.offset) & 0xfffff;
  }

  set flowLabel(value: number) {
    const others = uint32At(this.bytes, this.offset) & 0xfff00000;
    putUint32(this.bytes, this.offset, others | uint('flowLabel', value, 20));
  }

  /** Of everything behind the fixed header, as the header says. */
  get payloadLength(): number {
    return uint16At(this.bytes, this.offset + 4);
  }

  /** One of `IpProtocol`, or another; it may be an extension header's. */
  get nextHeader(): number {
    return this.bytes[this.offset + 6]! | 0;
  }

  /** Hops that are left. */
  get hopLimit(): number {
    return this.bytes[this.offset + 7]! | 0;
  }

  set hopLimit(value: number) {
    this.bytes[this.offset + 7] = uint('hopLimit', value, 8);
  }

  /** Where the 16 bytes lie; `uint32At` reads a quarter of them. */
  get sourceAt(): number {
    return this.offset + 8;
  }

  /** As {@link sourceAt}. */
  get destinationAt(): number {
    return this.offset + 24;
  }

  /** Makes the text. */
  get source(): IpAddress {
    return formatIpv6(this.bytes, this.sourceAt) as IpAddress;
  }

  /** Makes the text. */
  get destination(): IpAddress {
    return formatIpv6(this.bytes, this.destinationAt) as IpAddress;
  }

  /**
   * Copies the 16 bytes that lie at `at` in `from`. The checksum of a segment behind this header changes too: see
   * `adjustChecksum` of its view.
   */
  setSource(from: Uint8Array, at = 0): void {
    copyAddress('setSource', from, at, this.bytes, this.sourceAt);
  }

  /** As {@link setSource}. */
  setDestination(from: Uint8Array, at = 0): void {
    copyAddress('setDestination', from, at, this.bytes, this.destinationAt);
  }

  override get payloadOffset(): number {
    return this.offset + IPV6_HEADER_BYTES;
  }

  /** Where the payload length says; `end` where that is nearer. */
  override get payloadEnd(): number {
    return Math.min(this.end, this.payloadOffset + this.payloadLength);
  }

  /** As the function `pseudoHeaderSum`, of the addresses in this header. */
  pseudoHeaderSum(protocol: number, length: number): number {
    return sumWithLength(viewSum(this, 0, this.sourceAt, this.payloadOffset), protocol, length);
  }
}

function copyAddress(what: string, from: Uint8Array, at: number, into: Uint8Array, to: number): void {
  requireRange(what, from, at, 16);
  for (let i = 0; i < 16; i++) into[to + i] = from[at + i]!;
}

/**
 * A whole packet as a value; else `undefined`. What lies behind its payload length is left out.
 *
 * @example
 * ```ts
 * import { parseIpv6 } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(41);
 * bytes.set([0x60, 0, 0, 0, 0, 1, 59, 64, 0xfd]);
 * parseIpv6(bytes)?.source; // => 'fd00::'
 * parseIpv6(bytes.subarray(0, 40)); // => undefined
 * ```
 */
export function parseIpv6(bytes: Uint8Array): Ipv6Packet | undefined {
  return IPV6_HEADER_BYTES + uint16At(bytes, 4) <= bytes.length ? parseIpv6Quote(bytes) : undefined;
}

/**
 * The beginning of a packet, as ICMPv6 errors quote it (RFC 4443, section 3): the payload may be cut short.
 *
 * @example
 * ```ts
 * import { parseIpv6Quote } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(40);
 * bytes.set([0x60, 0, 0, 0, 0, 1, 59, 64, 0xfd]);
 * parseIpv6Quote(bytes)?.payload.length; // => 0
 * ```
 */
export function parseIpv6Quote(bytes: Uint8Array): Ipv6Packet | undefined {
  if (bytes.length < IPV6_HEADER_BYTES || bytes[0]! >> 4 !== 6) return undefined;
  return {
    source: formatIpv6(bytes, 8) as IpAddress,
    destination: formatIpv6(bytes, 24) as IpAddress,
    trafficClass: (uint16At(bytes, 0) >> 4) & 0xff,
    flowLabel: uint32At(bytes, 0) & 0xfffff,
    nextHeader: bytes[6]!,
    hopLimit: bytes[7]!,
    payload: bytes.subarray(IPV6_HEADER_BYTES, IPV6_HEADER_BYTES + uint16At(bytes, 4)),
  };
}

/**
 * How many bytes {@link emitIpv6} writes.
 *
 * @example
 * ```ts
 * import { ipv6Bytes, parseIpAddress } from '@podlan/wire';
 *
 * const addresses = { source: parseIpAddress('fd00::1')!, destination: parseIpAddress('fd00::2')! };
 * const fields = { trafficClass: 0, flowLabel: 0, nextHeader: 17, hopLimit: 64 };
 * ipv6Bytes({ ...addresses, ...fields, payload: new Uint8Array(8) }); // => 48
 * ```
 */
export function ipv6Bytes(packet: Ipv6Packet): number {
  return IPV6_HEADER_BYTES + packet.payload.length;
}

/**
 * Writes the packet at the beginning of `into` and returns how many bytes that were. Too little room and a number too
 * wide for its field are a RangeError, an address of another family a TypeError.
 *
 * @example
 * ```ts
 * import { emitIpv6, parseIpAddress } from '@podlan/wire';
 *
 * const addresses = { source: parseIpAddress('fd00::1')!, destination: parseIpAddress('fd00::2')! };
 * const fields = { trafficClass: 0, flowLabel: 7, nextHeader: 17, hopLimit: 64 };
 * const bytes = new Uint8Array(48);
 * emitIpv6({ ...addresses, ...fields, payload: new Uint8Array(8) }, bytes); // => 48
 * [...bytes.subarray(0, 10)]; // => [0x60, 0, 0, 7, 0, 8, 17, 64, 0xfd, 0]
 * ```
 */
export function emitIpv6(packet: Ipv6Packet, into: Uint8Array): number {
  const length = ipv6Bytes(packet);
  requireRoom('emitIpv6', into, length);
  into.set(packet.payload, IPV6_HEADER_BYTES);
  const trafficClass = uint('trafficClass', packet.trafficClass, 8);
  putUint32(into, 0, 0x60000000 | (trafficClass << 20) | uint('flowLabel', packet.flowLabel, 20));
  putUint16(into, 4, uint('payload length', packet.payload.length, 16));
  into[6] = uint('nextHeader', packet.nextHeader, 8);
  into[7] = uint('hopLimit', packet.hopLimit, 8);
  putIpv6('emitIpv6', packet.source, into, 8);
  putIpv6('emitIpv6', packet.destination, into, 24);
  return length;
}
