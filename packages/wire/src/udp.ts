/**
 * UDP datagrams (RFC 768; RFC 8200, section 8.1 for IPv6).
 *
 * The checksum needs the addresses of the IP header. Without a pseudo header it is neither written nor verified.
 */

import { ByteView, holds } from './byte-view.js';
import { putUint16, requireRoom, uint, uint16At } from './bytes.js';
import {
  type IpHeaderView,
  type PseudoHeader,
  transportChecksum,
  transportChecksumHolds,
  updateChecksum,
  updateChecksum32,
  viewSum,
} from './checksum.js';
import { IpProtocol } from './ip-protocol.js';

/** Ports, length and checksum. */
export const UDP_HEADER_BYTES = 8;

/** A datagram as a value. */
export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

/**
 * A datagram in place. Only the header has to be there; see {@link parseUdp} for a whole datagram. Writing a field
 * keeps a right checksum right (RFC 1624), a wrong one wrong, and none none.
 *
 * @example
 * ```ts
 * import { Ipv4View, UdpView } from '@podlan/wire';
 *
 * const packet = Uint8Array.of(
 *   ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x61, 0xde, 10, 244, 1, 5, 10, 244, 2, 7],
 *   ...[0x13, 0x88, 0, 53, 0, 8, 0xd3, 0x2d],
 * );
 * const ip = Ipv4View.over(packet)!;
 * const udp = new UdpView();
 * udp.reset(packet, ip.payloadOffset, ip.payloadEnd); // => true
 * [udp.sourcePort, udp.destinationPort, udp.length]; // => [5000, 53, 8]
 * [udp.payloadOffset, udp.payloadEnd]; // => [28, 28]
 * udp.checksumHolds(ip); // => true
 *
 * // To another address and port, as NAT does it.
 * udp.adjustChecksum(ip.destinationNumber, 0x0af40909);
 * ip.destinationNumber = 0x0af40909;
 * udp.destinationPort = 5353;
 * udp.checksumHolds(ip); // => true
 * udp.checksum; // => 0xb777
 * UdpView.over(packet, 21); // => undefined
 * ```
 */
export class UdpView extends ByteView {
  /** A new view over a datagram, `undefined` where the header is not all there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): UdpView | undefined {
    const view = new UdpView();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return holds(bytes, offset, end, UDP_HEADER_BYTES) && this.place(bytes, offset, end);
  }

  /** Of the sender. */
  get sourcePort(): number {
    return uint16At(this.bytes, this.offset);
  }

  set sourcePort(value: number) {
    rewrite(this, 0, uint('sourcePort', value, 16));
  }

  /** Of the receiver. */
  get destinationPort(): number {
    return uint16At(this.bytes, this.offset + 2);
  }

  set destinationPort(value: number) {
    rewrite(this, 2, uint('destinationPort', value, 16));
  }

  /** Of header and payload, as the header says. */
  get length(): number {
    return uint16At(this.bytes, this.offset + 4);
  }

  /** "An all zero transmitted checksum value means that the transmitter generated no checksum" (RFC 768). */
  get checksum(): number {
    return uint16At(this.bytes, this.offset + 6);
  }

  set checksum(value: number) {
    putUint16(this.bytes, this.offset + 6, uint('checksum', value, 16));
  }

  /** Whether the whole datagram is there, as it was sent. A zero checksum is right on IPv4 and wrong on IPv6. */
  checksumHolds(ip: IpHeaderView): boolean {
    const { offset, length } = this;
    if (length < UDP_HEADER_BYTES || offset + length > this.end) return false;
    if (this.checksum === 0) return ip.family === 4;
    return viewSum(this, ip.pseudoHeaderSum(IpProtocol.udp, length), offset, offset + length) === 0xffff;
  }

  /** For 32 bits that changed in an address of the IP header, which the checksum covers too. */
  adjustChecksum(before: number, after: number): void {
    store(this, updateChecksum32(this.checksum, before, after));
  }

  override get payloadOffset(): number {
    return this.offset + UDP_HEADER_BYTES;
  }

  /** Where the length says; `end` where that is nearer. */
  override get payloadEnd(): number {
    return Math.min(this.end, this.offset + Math.max(UDP_HEADER_BYTES, this.length));
  }
}

/** Writes the word at `at` of the header, and the checksum anew. */
function rewrite(udp: UdpView, at: number, word: number): void {
  store(udp, updateChecksum(udp.checksum, uint16At(udp.bytes, udp.offset + at), word));
  putUint16(udp.bytes, udp.offset + at, word);
}

/** Where there was no checksum, none is made; a computed zero is all ones, because zero says "none" (RFC 768). */
function store(udp: UdpView, checksum: number): void {
  if (udp.checksum !== 0) udp.checksum = checksum || 0xffff;
}

/**
 * A whole datagram as a value; else `undefined`. With a pseudo header the checksum must hold too. What lies behind the
 * datagram's own length is left out.
 *
 * @example
 * ```ts
 * import { parseIpAddress, parseUdp } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * const bytes = Uint8Array.of(0x13, 0x88, 0, 53, 0, 8, 0xd3, 0x35);
 * parseUdp(bytes, pseudo)?.sourcePort; // => 5000
 * bytes[3] = 54;
 * parseUdp(bytes, pseudo); // => undefined
 * parseUdp(bytes)?.destinationPort; // => 54
 * ```
 */
export function parseUdp(bytes: Uint8Array, pseudo?: PseudoHeader): UdpDatagram | undefined {
  if (bytes.length < UDP_HEADER_BYTES) return undefined;
  const length = uint16At(bytes, 4);
  if (length < UDP_HEADER_BYTES || length > bytes.length) return undefined;
  if (pseudo && !udpChecksumHolds(bytes, pseudo, length)) return undefined;
  return {
    sourcePort: uint16At(bytes, 0),
    destinationPort: uint16At(bytes, 2),
    payload: bytes.subarray(UDP_HEADER_BYTES, length),
  };
}

/**
 * Whether a datagram, `length` bytes of `datagram`, is as it was sent. A zero checksum is right on IPv4 and wrong on
 * IPv6.
 *
 * @example
 * ```ts
 * import { parseIpAddress, udpChecksumHolds } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * udpChecksumHolds(Uint8Array.of(0x13, 0x88, 0, 53, 0, 8, 0xd3, 0x35), pseudo); // => true
 * udpChecksumHolds(Uint8Array.of(0x13, 0x88, 0, 53, 0, 8, 0, 0), pseudo); // => true
 * ```
 */
export function udpChecksumHolds(
  datagram: Uint8Array,
  pseudo: PseudoHeader,
  length = datagram.length,
): boolean {
  const isZero = datagram[6] === 0 && datagram[7] === 0;
  if (isZero) return !pseudo.source.includes(':');
  return transportChecksumHolds(datagram, pseudo, IpProtocol.udp, length);
}

/**
 * How many bytes {@link emitUdp} writes.
 *
 * @example
 * ```ts
 * import { udpBytes } from '@podlan/wire';
 *
 * udpBytes({ sourcePort: 5000, destinationPort: 53, payload: new Uint8Array(5) }); // => 13
 * ```
 */
export function udpBytes(datagram: UdpDatagram): number {
  return UDP_HEADER_BYTES + datagram.payload.length;
}

/**
 * Writes the datagram at the beginning of `into`, its checksum computed where there is a pseudo header, and returns how
 * many bytes that were. Too little room and a number too wide for its field are a RangeError.
 *
 * @example
 * ```ts
 * import { emitUdp, parseIpAddress } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * const bytes = new Uint8Array(8);
 * emitUdp({ sourcePort: 5000, destinationPort: 53, payload: new Uint8Array() }, bytes, pseudo); // => 8
 * [...bytes]; // => [0x13, 0x88, 0, 53, 0, 8, 0xd3, 0x35]
 * ```
 */
export function emitUdp(datagram: UdpDatagram, into: Uint8Array, pseudo?: PseudoHeader): number {
  const length = udpBytes(datagram);
  requireRoom('emitUdp', into, length);
  into.set(datagram.payload, UDP_HEADER_BYTES);
  putUint16(into, 0, uint('sourcePort', datagram.sourcePort, 16));
  putUint16(into, 2, uint('destinationPort', datagram.destinationPort, 16));
  putUint16(into, 4, uint('datagram length', length, 16));
  putUint16(into, 6, 0);
  // A computed zero is sent as all ones, because zero says "none" (RFC 768).
  if (pseudo) putUint16(into, 6, transportChecksum(into, pseudo, IpProtocol.udp, length) || 0xffff);
  return length;
}
