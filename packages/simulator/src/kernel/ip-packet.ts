/** IP packets as the stack handles them: read once, and never written to in place. */
import {
  emitIpv4,
  emitIpv6,
  emitUdp,
  type Family,
  familyOf,
  type IpAddress,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  internetChecksum,
  ipv4Bytes,
  ipv6Bytes,
  udpBytes,
  upperLayerAt,
} from '@podlan/wire';

const FRAGMENT_BYTES = 8;

/** What routing asks of a packet. */
export interface IpHeader {
  readonly family: Family;
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly ttl: number;
  /** Of the upper layer, behind extension headers. */
  readonly protocol: number;
  readonly trafficClass: number;
  /** Where the upper layer begins, and ends. */
  readonly payloadOffset: number;
  readonly end: number;
  /** Of routers; true of all IPv6. */
  readonly dontFragment: boolean;
  readonly isFragment: boolean;
  /** Not the first piece: it has no upper header. */
  readonly isLaterFragment: boolean;
}

/** Undefined for what no host takes: another version, a length that does not fit, a wrong header checksum. */
export function readIp(bytes: Uint8Array): IpHeader | undefined {
  const version = bytes.length === 0 ? 0 : bytes[0]! >> 4;
  if (version === 4) return readIpv4(bytes);
  return version === 6 ? readIpv6(bytes) : undefined;
}

function readIpv4(bytes: Uint8Array): IpHeader | undefined {
  const view = Ipv4View.over(bytes);
  if (view === undefined || view.totalLength > bytes.length || view.totalLength < view.headerBytes)
    return undefined;
  if (!view.checksumHolds) return undefined;
  const { source, destination, ttl, protocol, trafficClass, dontFragment, moreFragments, fragmentOffset } =
    view;
  return {
    ...{ family: 4, source, destination, ttl, protocol, trafficClass, dontFragment },
    payloadOffset: view.headerBytes,
    end: view.totalLength,
    isFragment: moreFragments || fragmentOffset > 0,
    isLaterFragment: fragmentOffset > 0,
  };
}

function readIpv6(bytes: Uint8Array): IpHeader | undefined {
  const view = Ipv6View.over(bytes);
  if (view === undefined || 40 + view.payloadLength > bytes.length) return undefined;
  const { source, destination, hopLimit: ttl, nextHeader, trafficClass } = view;
  const end = 40 + view.payloadLength;
  const fragment = nextHeader === IpProtocol.fragment ? readFragment6(bytes, end) : undefined;
  const plain = { payloadOffset: 40, protocol: nextHeader };
  const upper = fragment ?? upperLayer(view, nextHeader) ?? plain;
  return {
    ...{ family: 6, source, destination, ttl, trafficClass, dontFragment: true, end },
    protocol: upper.protocol,
    payloadOffset: upper.payloadOffset,
    isFragment: fragment !== undefined && (fragment.more || fragment.offset > 0),
    isLaterFragment: fragment !== undefined && fragment.offset > 0,
  };
}

/** RFC 8200, section 4.5: behind the IPv6 header of a piece. */
export interface Ipv6FragmentHeader {
  readonly protocol: number;
  readonly payloadOffset: number;
  readonly identification: number;
  /** In bytes. */
  readonly offset: number;
  readonly more: boolean;
}

/** Of a packet whose first header behind the IPv6 header is a fragment's; undefined where that is cut short. */
export function readFragment6(bytes: Uint8Array, end = bytes.length): Ipv6FragmentHeader | undefined {
  if (end < 40 + FRAGMENT_BYTES) return undefined;
  const word = (bytes[42]! << 8) | bytes[43]!;
  const identification = new DataView(bytes.buffer, bytes.byteOffset).getUint32(44);
  const payloadOffset = 40 + FRAGMENT_BYTES;
  return { protocol: bytes[40]!, payloadOffset, identification, offset: word & ~7, more: (word & 1) === 1 };
}

function upperLayer(view: Ipv6View, first: number): { payloadOffset: number; protocol: number } | undefined {
  for (const protocol of [IpProtocol.icmpv6, IpProtocol.udp, IpProtocol.tcp]) {
    if (first === protocol) return { payloadOffset: 40, protocol };
    const payloadOffset = upperLayerAt(view, protocol);
    if (payloadOffset > 0) return { payloadOffset, protocol };
  }
  return undefined;
}

/** One hop later. */
export function withLowerTtl(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  const view = Ipv4View.over(copy);
  if (view !== undefined) view.ttl -= 1;
  else copy[7]! -= 1;
  return copy;
}

/** An IPv4 packet that has a number of its own. */
export function withIdentification(bytes: Uint8Array, identification: number): Uint8Array {
  const copy = bytes.slice();
  putUint16At(copy, 4, identification);
  closeHeader(copy);
  return copy;
}

/** What an IP packet is made of, of either family. */
export interface IpParts {
  readonly source: IpAddress;
  readonly destination: IpAddress;
  readonly protocol: number;
  readonly payload: Uint8Array;
  /** 64 unless told. */
  readonly ttl?: number;
  readonly trafficClass?: number;
  readonly identification?: number;
  readonly dontFragment?: boolean;
}

export function ipPacket(parts: IpParts): Uint8Array {
  const { source, destination, protocol, payload, ttl = 64, trafficClass = 0 } = parts;
  if (familyOf(source) === 6) {
    const packet = {
      source,
      destination,
      trafficClass,
      flowLabel: 0,
      nextHeader: protocol,
      hopLimit: ttl,
      payload,
    };
    const into = new Uint8Array(ipv6Bytes(packet));
    emitIpv6(packet, into);
    return into;
  }
  const { identification = 0, dontFragment = false } = parts;
  const fragment = { identification, dontFragment, moreFragments: false, fragmentOffset: 0 };
  const options = new Uint8Array(0);
  const packet = { source, destination, protocol, ttl, trafficClass, ...fragment, options, payload };
  const into = new Uint8Array(ipv4Bytes(packet));
  emitIpv4(packet, into);
  return into;
}

/** A datagram in its packet. */
export function udpPacket(
  parts: Omit<IpParts, 'protocol'> & { readonly sourcePort: number; readonly destinationPort: number },
): Uint8Array {
  const { source, destination, sourcePort, destinationPort, payload } = parts;
  const datagram = { sourcePort, destinationPort, payload };
  const segment = new Uint8Array(udpBytes(datagram));
  emitUdp(datagram, segment, { source, destination });
  return ipPacket({ ...parts, protocol: IpProtocol.udp, payload: segment });
}

/** An IPv4 packet in pieces of at most `mtu` bytes (RFC 791, section 3.2); none where no 8 bytes fit behind a header. */
export function fragmentIpv4(bytes: Uint8Array, mtu: number): Uint8Array[] {
  const view = Ipv4View.over(bytes)!;
  const header = view.headerBytes;
  const most = (mtu - header) & ~7;
  const pieces: Uint8Array[] = [];
  if (most <= 0) return pieces;
  for (let at = header; at < view.totalLength; at += most) {
    const end = Math.min(view.totalLength, at + most);
    const piece = new Uint8Array(header + end - at);
    piece.set(bytes.subarray(0, header));
    piece.set(bytes.subarray(at, end), header);
    const more = end < view.totalLength || view.moreFragments;
    writeFragment(piece, view.fragmentOffset + at - header, more);
    pieces.push(piece);
  }
  return pieces;
}

/**
 * An IPv6 packet of this host's, without extension headers, in pieces of at most `mtu` bytes (RFC 8200, section 4.5); none
 * where no 8 bytes fit behind the headers.
 */
export function fragmentIpv6(bytes: Uint8Array, mtu: number, identification: number): Uint8Array[] {
  const most = (mtu - 40 - FRAGMENT_BYTES) & ~7;
  const pieces: Uint8Array[] = [];
  if (most <= 0) return pieces;
  for (let at = 40; at < bytes.length; at += most) {
    const end = Math.min(bytes.length, at + most);
    const piece = new Uint8Array(40 + FRAGMENT_BYTES + end - at);
    piece.set(bytes.subarray(0, 40));
    piece.set(bytes.subarray(at, end), 40 + FRAGMENT_BYTES);
    putUint16At(piece, 4, piece.length - 40);
    piece[6] = IpProtocol.fragment;
    piece[40] = bytes[6]!;
    putUint16At(piece, 42, (at - 40) | (end < bytes.length ? 1 : 0));
    new DataView(piece.buffer).setUint32(44, identification);
    pieces.push(piece);
  }
  return pieces;
}

function writeFragment(piece: Uint8Array, offset: number, more: boolean): void {
  putUint16At(piece, 2, piece.length);
  putUint16At(piece, 6, (offset >> 3) | (more ? 0x2000 : 0));
  closeHeader(piece);
}

function closeHeader(bytes: Uint8Array): void {
  putUint16At(bytes, 10, 0);
  putUint16At(bytes, 10, internetChecksum(bytes, 0, 0, (bytes[0]! & 0xf) * 4));
}

export function putUint16At(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >> 8;
  bytes[at + 1] = value & 0xff;
}
