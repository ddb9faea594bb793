/**
 * UDP datagrams (RFC 768; RFC 8200, section 8.1 for IPv6).
 *
 * The checksum needs the addresses of the IP header. Without a pseudo header it is neither written nor verified.
 */

import { ByteView, requireRoom, uint, uint16At } from './bytes.js';
import { type PseudoHeader, transportChecksum, transportChecksumHolds } from './checksum.js';
import { IpProtocol } from './ip-protocol.js';

export const UDP_HEADER_BYTES = 8;

export interface UdpDatagram {
  readonly sourcePort: number;
  readonly destinationPort: number;
  readonly payload: Uint8Array;
}

export class UdpView extends ByteView {
  /** Only the header has to be there; see {@link parseUdp} for a whole datagram. */
  static over(bytes: Uint8Array): UdpView | undefined {
    return bytes.length < UDP_HEADER_BYTES ? undefined : new UdpView(bytes);
  }
  get sourcePort(): number {
    return uint16At(this.bytes, 0);
  }
  get destinationPort(): number {
    return uint16At(this.bytes, 2);
  }
  get length(): number {
    return uint16At(this.bytes, 4);
  }
  /** "An all zero transmitted checksum value means that the transmitter generated no checksum" (RFC 768). */
  get checksum(): number {
    return uint16At(this.bytes, 6);
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(UDP_HEADER_BYTES, Math.max(UDP_HEADER_BYTES, this.length));
  }
}

export function parseUdp(bytes: Uint8Array, pseudo?: PseudoHeader): UdpDatagram | undefined {
  const view = UdpView.over(bytes);
  if (!view || view.length < UDP_HEADER_BYTES || view.length > bytes.length) return undefined;
  if (pseudo && !udpChecksumHolds(bytes.subarray(0, view.length), pseudo)) return undefined;
  const { sourcePort, destinationPort, payload } = view;
  return { sourcePort, destinationPort, payload };
}

/** Takes a datagram cut to its own length. A zero checksum is right on IPv4 and wrong on IPv6. */
export function udpChecksumHolds(datagram: Uint8Array, pseudo: PseudoHeader): boolean {
  const isZero = datagram[6] === 0 && datagram[7] === 0;
  if (isZero) return !pseudo.source.includes(':');
  return transportChecksumHolds(datagram, pseudo, IpProtocol.udp);
}

export function udpBytes(datagram: UdpDatagram): number {
  return UDP_HEADER_BYTES + datagram.payload.length;
}

export function emitUdp(datagram: UdpDatagram, into: Uint8Array, pseudo?: PseudoHeader): number {
  const length = udpBytes(datagram);
  const view = requireRoom('emitUdp', into, length);
  into.set(datagram.payload, UDP_HEADER_BYTES);
  view.setUint16(0, uint('sourcePort', datagram.sourcePort, 16));
  view.setUint16(2, uint('destinationPort', datagram.destinationPort, 16));
  view.setUint16(4, uint('datagram length', length, 16));
  view.setUint16(6, 0);
  // A computed zero is sent as all ones, because zero says "none" (RFC 768).
  if (pseudo)
    view.setUint16(6, transportChecksum(into.subarray(0, length), pseudo, IpProtocol.udp) || 0xffff);
  return length;
}
