/**
 * IPv4 packets (RFC 791): header checksum, options as raw bytes, fragments as they are (no reassembly).
 *
 *      0       4       8              16    19                    31
 *   0  version|  IHL  | DSCP     |ECN|        total length         |
 *   4  identification                |0|D|M|   fragment offset     |
 *   8  TTL            |  protocol    |       header checksum       |
 *  12  source address                                              |
 *  16  destination address                                         |
 *  20  options, 0 to 40 bytes                                      |
 */

import { type IpAddress, ipFromBytes, ipToBytes } from './address.js';
import { ByteView, requireRoom, uint, uint16At } from './bytes.js';
import { checksumHolds, internetChecksum } from './checksum.js';

export const IPV4_HEADER_BYTES = 20;

const DONT_FRAGMENT = 0x4000;
const MORE_FRAGMENTS = 0x2000;
const OFFSET_MASK = 0x1fff;

export interface Ipv4Packet {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: number;
  readonly ttl: number;
  /** DSCP and ECN together, one byte (RFC 2474, RFC 3168). */
  readonly trafficClass: number;
  readonly identification: number;
  readonly dontFragment: boolean;
  readonly moreFragments: boolean;
  /** In bytes, a multiple of 8. */
  readonly fragmentOffset: number;
  /** Raw, padded to a multiple of 4. */
  readonly options: Uint8Array;
  readonly payload: Uint8Array;
}

export class Ipv4View extends ByteView {
  /** Only the header has to be there; see {@link parseIpv4} for a whole packet. */
  static over(bytes: Uint8Array): Ipv4View | undefined {
    if (bytes.length < IPV4_HEADER_BYTES || bytes[0]! >> 4 !== 4) return undefined;
    const view = new Ipv4View(bytes);
    const { headerBytes } = view;
    return headerBytes < IPV4_HEADER_BYTES || headerBytes > bytes.length ? undefined : view;
  }
  get headerBytes(): number {
    return (this.bytes[0]! & 0x0f) * 4;
  }
  get trafficClass(): number {
    return this.bytes[1]!;
  }
  get totalLength(): number {
    return uint16At(this.bytes, 2);
  }
  get identification(): number {
    return uint16At(this.bytes, 4);
  }
  get dontFragment(): boolean {
    return (uint16At(this.bytes, 6) & DONT_FRAGMENT) !== 0;
  }
  get moreFragments(): boolean {
    return (uint16At(this.bytes, 6) & MORE_FRAGMENTS) !== 0;
  }
  get fragmentOffset(): number {
    return (uint16At(this.bytes, 6) & OFFSET_MASK) * 8;
  }
  get ttl(): number {
    return this.bytes[8]!;
  }
  get protocol(): number {
    return this.bytes[9]!;
  }
  get checksum(): number {
    return uint16At(this.bytes, 10);
  }
  get checksumHolds(): boolean {
    return checksumHolds(this.bytes.subarray(0, this.headerBytes));
  }
  get source(): IpAddress {
    return ipFromBytes(this.bytes.subarray(12, 16));
  }
  get destination(): IpAddress {
    return ipFromBytes(this.bytes.subarray(16, 20));
  }
  get options(): Uint8Array {
    return this.bytes.subarray(IPV4_HEADER_BYTES, this.headerBytes);
  }
  /** Ends where the total length says, so Ethernet padding is not part of it. */
  get payload(): Uint8Array {
    return this.bytes.subarray(this.headerBytes, Math.max(this.headerBytes, this.totalLength));
  }
}

/** A whole packet with a correct header checksum. */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  const view = Ipv4View.over(bytes);
  if (!view || view.totalLength > bytes.length) return undefined;
  return readValue(view);
}

/** The beginning of a packet, as ICMP errors quote it (RFC 792): the payload may be cut short. */
export function parseIpv4Quote(bytes: Uint8Array): Ipv4Packet | undefined {
  const view = Ipv4View.over(bytes);
  return view && readValue(view);
}

function readValue(view: Ipv4View): Ipv4Packet | undefined {
  if (view.totalLength < view.headerBytes || !view.checksumHolds) return undefined;
  return {
    source: view.source,
    destination: view.destination,
    protocol: view.protocol,
    ttl: view.ttl,
    trafficClass: view.trafficClass,
    identification: view.identification,
    dontFragment: view.dontFragment,
    moreFragments: view.moreFragments,
    fragmentOffset: view.fragmentOffset,
    options: view.options,
    payload: view.payload,
  };
}

export function ipv4Bytes(packet: Ipv4Packet): number {
  return IPV4_HEADER_BYTES + packet.options.length + packet.payload.length;
}

export function emitIpv4(packet: Ipv4Packet, into: Uint8Array): number {
  const length = ipv4Bytes(packet);
  const headerBytes = length - packet.payload.length;
  const view = requireRoom('emitIpv4', into, length);
  into.set(packet.payload, headerBytes);
  view.setUint8(0, 0x40 | uint('header words (options in multiples of 4 bytes)', headerBytes / 4, 4));
  view.setUint8(1, uint('trafficClass', packet.trafficClass, 8));
  view.setUint16(2, uint('total length', length, 16));
  view.setUint16(4, uint('identification', packet.identification, 16));
  view.setUint16(6, fragmentWord(packet));
  view.setUint8(8, uint('ttl', packet.ttl, 8));
  view.setUint8(9, uint('protocol', packet.protocol, 8));
  view.setUint16(10, 0);
  into.set(addressBytes(packet.source), 12);
  into.set(addressBytes(packet.destination), 16);
  into.set(packet.options, IPV4_HEADER_BYTES);
  view.setUint16(10, internetChecksum(into.subarray(0, headerBytes)));
  return length;
}

function fragmentWord(packet: Ipv4Packet): number {
  const units = uint('fragmentOffset (in multiples of 8 bytes)', packet.fragmentOffset / 8, 13);
  return (packet.dontFragment ? DONT_FRAGMENT : 0) | (packet.moreFragments ? MORE_FRAGMENTS : 0) | units;
}

function addressBytes(address: IpAddress): Uint8Array {
  const bytes = ipToBytes(address);
  if (bytes.length !== 4) throw new TypeError(`emitIpv4: expected an IPv4 address, got ${address}`);
  return bytes;
}
