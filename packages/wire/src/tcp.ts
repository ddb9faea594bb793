/**
 * TCP segments (RFC 9293, section 3.1). Options stay raw here, so that a segment is emitted byte for byte as it
 * was parsed; tcp-options.ts reads them.
 */

import { ByteView, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { type PseudoHeader, transportChecksum, transportChecksumHolds } from './checksum.js';
import { IpProtocol } from './ip-protocol.js';

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

export class TcpView extends ByteView {
  static over(bytes: Uint8Array): TcpView | undefined {
    if (bytes.length < TCP_HEADER_BYTES) return undefined;
    const view = new TcpView(bytes);
    const { headerBytes } = view;
    return headerBytes < TCP_HEADER_BYTES || headerBytes > bytes.length ? undefined : view;
  }
  get sourcePort(): number {
    return uint16At(this.bytes, 0);
  }
  get destinationPort(): number {
    return uint16At(this.bytes, 2);
  }
  get sequence(): number {
    return uint32At(this.bytes, 4);
  }
  get acknowledgment(): number {
    return uint32At(this.bytes, 8);
  }
  get headerBytes(): number {
    return (this.bytes[12]! >> 4) * 4;
  }
  get flags(): number {
    return uint16At(this.bytes, 12) & 0x1ff;
  }
  get window(): number {
    return uint16At(this.bytes, 14);
  }
  get checksum(): number {
    return uint16At(this.bytes, 16);
  }
  get urgentPointer(): number {
    return uint16At(this.bytes, 18);
  }
  get options(): Uint8Array {
    return this.bytes.subarray(TCP_HEADER_BYTES, this.headerBytes);
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerBytes);
  }
}

/** TCP has no length of its own: `bytes` is exactly the payload of the IP packet. */
export function parseTcp(bytes: Uint8Array, pseudo?: PseudoHeader): TcpSegment | undefined {
  const view = TcpView.over(bytes);
  if (!view || (pseudo && !transportChecksumHolds(bytes, pseudo, IpProtocol.tcp))) return undefined;
  return {
    sourcePort: view.sourcePort,
    destinationPort: view.destinationPort,
    sequence: view.sequence,
    acknowledgment: view.acknowledgment,
    flags: view.flags,
    window: view.window,
    urgentPointer: view.urgentPointer,
    options: view.options,
    payload: view.payload,
  };
}

export function tcpBytes(segment: TcpSegment): number {
  return TCP_HEADER_BYTES + segment.options.length + segment.payload.length;
}

export function emitTcp(segment: TcpSegment, into: Uint8Array, pseudo: PseudoHeader): number {
  const length = tcpBytes(segment);
  const headerBytes = length - segment.payload.length;
  const view = requireRoom('emitTcp', into, length);
  into.set(segment.payload, headerBytes);
  into.set(segment.options, TCP_HEADER_BYTES);
  view.setUint16(0, uint('sourcePort', segment.sourcePort, 16));
  view.setUint16(2, uint('destinationPort', segment.destinationPort, 16));
  view.setUint32(4, uint('sequence', segment.sequence, 32));
  view.setUint32(8, uint('acknowledgment', segment.acknowledgment, 32));
  const words = uint('header words (options in multiples of 4 bytes)', headerBytes / 4, 4);
  view.setUint16(12, (words << 12) | uint('flags', segment.flags, 9));
  view.setUint16(14, uint('window', segment.window, 16));
  view.setUint16(16, 0);
  view.setUint16(18, uint('urgentPointer', segment.urgentPointer, 16));
  view.setUint16(16, transportChecksum(into.subarray(0, length), pseudo, IpProtocol.tcp));
  return length;
}
