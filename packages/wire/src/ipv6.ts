/**
 * IPv6 packets (RFC 8200). Extension headers stay in the payload; {@link skipExtensions} finds what is behind
 * them. Jumbograms (RFC 2675) and reassembly are not done.
 */

import { type IpAddress, ipFromBytes, ipToBytes } from './address.js';
import { ByteView, dataView, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { IpProtocol } from './ip-protocol.js';

export const IPV6_HEADER_BYTES = 40;

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

export class Ipv6View extends ByteView {
  /** Only the header has to be there; see {@link parseIpv6} for a whole packet. */
  static over(bytes: Uint8Array): Ipv6View | undefined {
    return bytes.length < IPV6_HEADER_BYTES || bytes[0]! >> 4 !== 6 ? undefined : new Ipv6View(bytes);
  }
  get trafficClass(): number {
    return (uint16At(this.bytes, 0) >> 4) & 0xff;
  }
  get flowLabel(): number {
    return uint32At(this.bytes, 0) & 0xfffff;
  }
  get payloadLength(): number {
    return uint16At(this.bytes, 4);
  }
  get nextHeader(): number {
    return this.bytes[6]!;
  }
  get hopLimit(): number {
    return this.bytes[7]!;
  }
  get source(): IpAddress {
    return ipFromBytes(this.bytes.subarray(8, 24));
  }
  get destination(): IpAddress {
    return ipFromBytes(this.bytes.subarray(24, 40));
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(IPV6_HEADER_BYTES, IPV6_HEADER_BYTES + this.payloadLength);
  }
}

export function parseIpv6(bytes: Uint8Array): Ipv6Packet | undefined {
  const view = Ipv6View.over(bytes);
  return view && IPV6_HEADER_BYTES + view.payloadLength <= bytes.length ? readValue(view) : undefined;
}

/** The beginning of a packet, as ICMPv6 errors quote it (RFC 4443, section 3): the payload may be cut short. */
export function parseIpv6Quote(bytes: Uint8Array): Ipv6Packet | undefined {
  const view = Ipv6View.over(bytes);
  return view && readValue(view);
}

function readValue(view: Ipv6View): Ipv6Packet {
  const { source, destination, trafficClass, flowLabel, nextHeader, hopLimit, payload } = view;
  return { source, destination, trafficClass, flowLabel, nextHeader, hopLimit, payload };
}

export function ipv6Bytes(packet: Ipv6Packet): number {
  return IPV6_HEADER_BYTES + packet.payload.length;
}

export function emitIpv6(packet: Ipv6Packet, into: Uint8Array): number {
  const length = ipv6Bytes(packet);
  const view = requireRoom('emitIpv6', into, length);
  into.set(packet.payload, IPV6_HEADER_BYTES);
  const trafficClass = uint('trafficClass', packet.trafficClass, 8);
  view.setUint32(0, 0x60000000 | (trafficClass << 20) | uint('flowLabel', packet.flowLabel, 20));
  view.setUint16(4, uint('payload length', packet.payload.length, 16));
  view.setUint8(6, uint('nextHeader', packet.nextHeader, 8));
  view.setUint8(7, uint('hopLimit', packet.hopLimit, 8));
  into.set(addressBytes(packet.source), 8);
  into.set(addressBytes(packet.destination), 24);
  return length;
}

function addressBytes(address: IpAddress): Uint8Array {
  const bytes = ipToBytes(address);
  if (bytes.length !== 16) throw new TypeError(`emitIpv6: expected an IPv6 address, got ${address}`);
  return bytes;
}

/** RFC 8200, section 4.5. */
export interface Ipv6Fragment {
  readonly identification: number;
  /** In bytes, a multiple of 8. */
  readonly offset: number;
  readonly more: boolean;
}

export interface Ipv6UpperLayer {
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly fragment?: Ipv6Fragment;
}

/**
 * Walks the chain of extension headers (RFC 8200, section 4). Behind the header of a later fragment stands no
 * header but the middle of a payload, so the walk ends there. A chain that leaves the packet is `undefined`.
 */
export function skipExtensions(packet: Ipv6Packet): Ipv6UpperLayer | undefined {
  let protocol = packet.nextHeader;
  let payload = packet.payload;
  let fragment: Ipv6Fragment | undefined;
  while (isIpv6Extension(protocol) && !fragment?.offset) {
    const length = ipv6ExtensionBytes(protocol, payload);
    if (length === undefined) return undefined;
    if (protocol === IpProtocol.fragment) fragment = readFragment(payload);
    protocol = payload[0]!;
    payload = payload.subarray(length);
  }
  return fragment ? { protocol, payload, fragment } : { protocol, payload };
}

const EXTENSIONS: ReadonlySet<number> = new Set([
  IpProtocol.hopByHop,
  IpProtocol.routing,
  IpProtocol.fragment,
  IpProtocol.authentication,
  IpProtocol.destinationOptions,
  IpProtocol.mobility,
]);

export function isIpv6Extension(protocol: number): boolean {
  return EXTENSIONS.has(protocol);
}

/** Length of the extension header that `bytes` begins with; `undefined` when it does not fit. */
export function ipv6ExtensionBytes(protocol: number, bytes: Uint8Array): number | undefined {
  if (bytes.length < 8) return undefined;
  const length = declaredExtensionBytes(protocol, bytes[1]!);
  return length <= bytes.length ? length : undefined;
}

/** What the header's own length field says. */
export function declaredExtensionBytes(protocol: number, field: number): number {
  if (protocol === IpProtocol.fragment) return 8;
  // RFC 4302, section 2.2: the one extension header that counts words of 4 bytes, minus 2.
  if (protocol === IpProtocol.authentication) return (field + 2) * 4;
  return (field + 1) * 8;
}

function readFragment(bytes: Uint8Array): Ipv6Fragment {
  const view = dataView(bytes);
  const word = view.getUint16(2);
  return { identification: view.getUint32(4), offset: word & 0xfff8, more: (word & 1) !== 0 };
}
