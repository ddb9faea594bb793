/**
 * TCP segments (RFC 9293, section 3.1). Options stay raw here, so that a segment is emitted byte for byte as it
 * was parsed; tcp-options.ts reads them.
 */

import { ByteView, holds } from './byte-view.js';
import { putUint16, putUint32, requireRoom, uint, uint16At, uint32At } from './bytes.js';
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

/** The header without options. */
export const TCP_HEADER_BYTES = 20;

/** Control bits; `ae` was the nonce sum of RFC 3540 (RFC 9768). */
export const TcpFlag = {
  fin: 0x001,
  syn: 0x002,
  rst: 0x004,
  psh: 0x008,
  ack: 0x010,
  urg: 0x020,
  ece: 0x040,
  cwr: 0x080,
  ae: 0x100,
} as const;

const FLAGS_MASK = 0x1ff;

/** A segment as a value. */
export interface TcpSegment {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly sequence: number;
  readonly acknowledgment: number;
  /** Bits of {@link TcpFlag}. */
  readonly flags: number;
  readonly window: number;
  readonly urgentPointer: number;
  /** Raw, padded to a multiple of 4. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

/**
 * A segment in place. The whole header has to be there. Writing a field keeps a right checksum right (RFC 1624) and a
 * wrong one wrong.
 *
 * @example
 * ```ts
 * import { Ipv4View, TcpFlag, TcpView } from '@podlan/wire';
 *
 * const packet = new Uint8Array(44);
 * packet.set([0x45, 0, 0, 44, 0, 0, 0, 0, 64, 6, 0x61, 0xd9, 10, 244, 1, 5, 10, 244, 2, 7]);
 * packet.set([0x9c, 0x40, 0x01, 0xbb, 0xee, 0x6b, 0x28, 0x00, 0, 0, 0, 0, 0x60, 0x02, 0xff, 0xff], 20);
 * packet.set([2, 4, 5, 80], 40);
 *
 * const ip = Ipv4View.over(packet)!;
 * const tcp = new TcpView();
 * tcp.reset(packet, ip.payloadOffset, ip.payloadEnd); // => true
 * [tcp.sourcePort, tcp.destinationPort]; // => [40000, 443]
 * [tcp.sequence, tcp.acknowledgment]; // => [4_000_000_000, 0]
 * tcp.flags === TcpFlag.syn; // => true
 * [tcp.window, tcp.urgentPointer]; // => [65535, 0]
 * [tcp.headerBytes, tcp.payloadOffset]; // => [24, 44]
 * [...tcp.options]; // => [2, 4, 5, 80]
 *
 * tcp.checksumHolds(ip); // => false
 * tcp.checksum = 0xcb2f;
 * tcp.checksumHolds(ip); // => true
 * tcp.adjustChecksum(ip.sourceNumber, 0x0af40909);
 * ip.sourceNumber = 0x0af40909;
 * tcp.checksumHolds(ip); // => true
 * TcpView.over(packet, 25); // => undefined
 * ```
 */
export class TcpView extends ByteView {
  /** A new view over a segment, `undefined` where the header with its options is not all there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): TcpView | undefined {
    const view = new TcpView();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return tcpHeaderBytes(bytes, offset, end) > 0 && this.place(bytes, offset, end);
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

  /** Of the first byte of the payload, unsigned. */
  get sequence(): number {
    return uint32At(this.bytes, this.offset + 4);
  }

  set sequence(value: number) {
    rewrite32(this, 4, uint('sequence', value, 32));
  }

  /** The sequence number that is expected next, unsigned. */
  get acknowledgment(): number {
    return uint32At(this.bytes, this.offset + 8);
  }

  set acknowledgment(value: number) {
    rewrite32(this, 8, uint('acknowledgment', value, 32));
  }

  /** The header with its options. */
  get headerBytes(): number {
    return (this.bytes[this.offset + 12]! >> 4) * 4;
  }

  /** Bits of {@link TcpFlag}. */
  get flags(): number {
    return uint16At(this.bytes, this.offset + 12) & FLAGS_MASK;
  }

  set flags(value: number) {
    rewrite(this, 12, (uint16At(this.bytes, this.offset + 12) & ~FLAGS_MASK) | uint('flags', value, 9));
  }

  /** As it is stored, not scaled. */
  get window(): number {
    return uint16At(this.bytes, this.offset + 14);
  }

  set window(value: number) {
    rewrite(this, 14, uint('window', value, 16));
  }

  /** As it is stored. */
  get checksum(): number {
    return uint16At(this.bytes, this.offset + 16);
  }

  set checksum(value: number) {
    putUint16(this.bytes, this.offset + 16, uint('checksum', value, 16));
  }

  /** Counts from the sequence number, where the flag is set. */
  get urgentPointer(): number {
    return uint16At(this.bytes, this.offset + 18);
  }

  /** Whether everything up to `end`, the segment's own as TCP has no length field, is as it was sent. */
  checksumHolds(ip: IpHeaderView): boolean {
    const { offset, end } = this;
    return viewSum(this, ip.pseudoHeaderSum(IpProtocol.tcp, end - offset), offset, end) === 0xffff;
  }

  /** For 32 bits that changed in an address of the IP header, which the checksum covers too. */
  adjustChecksum(before: number, after: number): void {
    this.checksum = updateChecksum32(this.checksum, before, after);
  }

  /** Raw; makes an array. */
  get options(): Uint8Array {
    return this.bytes.subarray(this.offset + TCP_HEADER_BYTES, this.payloadOffset);
  }

  override get payloadOffset(): number {
    return this.offset + this.headerBytes;
  }
}

/** The length of the header that lies at `offset`, 0 where it is not all there. */
function tcpHeaderBytes(bytes: Uint8Array, offset: number, end: number): number {
  if (!holds(bytes, offset, end, TCP_HEADER_BYTES)) return 0;
  const headerBytes = (bytes[offset + 12]! >> 4) * 4;
  return headerBytes >= TCP_HEADER_BYTES && headerBytes <= end - offset ? headerBytes : 0;
}

/** Writes the word at `at` of the header, and the checksum anew. */
function rewrite(tcp: TcpView, at: number, word: number): void {
  tcp.checksum = updateChecksum(tcp.checksum, uint16At(tcp.bytes, tcp.offset + at), word);
  putUint16(tcp.bytes, tcp.offset + at, word);
}

/** In halves, because engines box a number of 32 bits that is passed on. */
function rewrite32(tcp: TcpView, at: number, value: number): void {
  rewrite(tcp, at, value >>> 16);
  rewrite(tcp, at + 2, value & 0xffff);
}

/**
 * A segment as a value; `undefined` where the header is not all there. With a pseudo header the checksum must hold too.
 * TCP has no length of its own: `bytes` is exactly the payload of the IP packet.
 *
 * @example
 * ```ts
 * import { parseTcp } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(23);
 * bytes.set([0x9c, 0x40, 0x01, 0xbb], 0);
 * bytes[12] = 0x50; // five words of header
 * parseTcp(bytes)?.destinationPort; // => 443
 * parseTcp(bytes)?.payload.length; // => 3
 * bytes[12] = 0x60;
 * parseTcp(bytes); // => undefined
 * ```
 */
export function parseTcp(bytes: Uint8Array, pseudo?: PseudoHeader): TcpSegment | undefined {
  const headerBytes = tcpHeaderBytes(bytes, 0, bytes.length);
  if (headerBytes === 0) return undefined;
  if (pseudo && !transportChecksumHolds(bytes, pseudo, IpProtocol.tcp)) return undefined;
  return {
    sourcePort: uint16At(bytes, 0),
    destinationPort: uint16At(bytes, 2),
    sequence: uint32At(bytes, 4),
    acknowledgment: uint32At(bytes, 8),
    flags: uint16At(bytes, 12) & FLAGS_MASK,
    window: uint16At(bytes, 14),
    urgentPointer: uint16At(bytes, 18),
    options: bytes.subarray(TCP_HEADER_BYTES, headerBytes),
    payload: bytes.subarray(headerBytes),
  };
}

/**
 * How many bytes {@link emitTcp} writes.
 *
 * @example
 * ```ts
 * import { parseTcp, tcpBytes } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(20);
 * bytes[12] = 0x50;
 * tcpBytes({ ...parseTcp(bytes)!, payload: new Uint8Array(1400) }); // => 1420
 * ```
 */
export function tcpBytes(segment: TcpSegment): number {
  return TCP_HEADER_BYTES + segment.options.length + segment.payload.length;
}

/**
 * Writes the segment at the beginning of `into`, its checksum computed, and returns how many bytes that were. Too
 * little room and a number too wide for its field are a RangeError.
 *
 * @example
 * ```ts
 * import { emitTcp, parseIpAddress, parseTcp, tcpOptionBytes } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('10.244.1.2')!, destination: parseIpAddress('10.244.2.2')! };
 * const ports = { sourcePort: 40000, destinationPort: 443 };
 * const numbers = { sequence: 1, acknowledgment: 0, window: 65535, urgentPointer: 0 };
 * const options = tcpOptionBytes([{ kind: 'mss', bytes: 1360 }]);
 * const bytes = new Uint8Array(24);
 * emitTcp({ ...ports, ...numbers, flags: 2, options, payload: new Uint8Array() }, bytes, pseudo); // => 24
 * parseTcp(bytes, pseudo)?.window; // => 65535
 * ```
 */
export function emitTcp(segment: TcpSegment, into: Uint8Array, pseudo: PseudoHeader): number {
  const length = tcpBytes(segment);
  const headerBytes = length - segment.payload.length;
  requireRoom('emitTcp', into, length);
  into.set(segment.payload, headerBytes);
  into.set(segment.options, TCP_HEADER_BYTES);
  putUint16(into, 0, uint('sourcePort', segment.sourcePort, 16));
  putUint16(into, 2, uint('destinationPort', segment.destinationPort, 16));
  putUint32(into, 4, uint('sequence', segment.sequence, 32));
  putUint32(into, 8, uint('acknowledgment', segment.acknowledgment, 32));
  const words = uint('header words (options in multiples of 4 bytes)', headerBytes / 4, 4);
  putUint16(into, 12, (words << 12) | uint('flags', segment.flags, 9));
  putUint16(into, 14, uint('window', segment.window, 16));
  putUint16(into, 16, 0);
  putUint16(into, 18, uint('urgentPointer', segment.urgentPointer, 16));
  putUint16(into, 16, transportChecksum(into, pseudo, IpProtocol.tcp, length));
  return length;
}
