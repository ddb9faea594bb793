/** Where in an IP packet what netfilter asks about lies: addresses, protocol, the header of the transport. */
import {
  declaredExtensionBytes,
  type Family,
  IpProtocol,
  Ipv4View,
  Ipv6View,
  isIpv6Extension,
  uint16At,
  uint32At,
} from '@podlan/wire';

/** The least that tells a connection by: both ports, or type, code, checksum and id of ICMP. */
export const TRANSPORT_BYTES = 8;

export interface PacketHead {
  readonly bytes: Uint8Array;
  readonly family: Family;
  /** Where the IP header begins: 0, but of a packet that an ICMP error quotes. */
  readonly at: number;
  /** Of the transport, behind the extension headers of IPv6. */
  readonly protocol: number;
  /** Where its header begins; undefined where there is none: later fragments, packets cut short. */
  readonly transportAt?: number;
  readonly end: number;
  /** Of a fragment: what the fragments of one packet share, and whether it is the first. */
  readonly fragment?: { readonly id: number; readonly isFirst: boolean };
}

/** Undefined for what is no IP packet. `at` is where the header begins. */
export function readHead(bytes: Uint8Array, at = 0): PacketHead | undefined {
  const version = at < bytes.length ? bytes[at]! >> 4 : 0;
  if (version === 4) return readIpv4(bytes, at);
  return version === 6 ? readIpv6(bytes, at) : undefined;
}

function readIpv4(bytes: Uint8Array, at: number): PacketHead | undefined {
  const ip = Ipv4View.over(bytes, at);
  if (ip === undefined) return undefined;
  const isFragment = ip.moreFragments || ip.fragmentOffset > 0;
  const isFirst = ip.fragmentOffset === 0;
  return withTransport(ip.payloadOffset, isFirst, {
    bytes,
    at,
    family: 4,
    protocol: ip.protocol,
    end: ip.payloadEnd,
    ...(isFragment && { fragment: { id: ip.identification, isFirst } }),
  });
}

function readIpv6(bytes: Uint8Array, at: number): PacketHead | undefined {
  const ip = Ipv6View.over(bytes, at);
  if (ip === undefined) return undefined;
  const end = Math.min(ip.payloadEnd, bytes.length);
  let fragment: PacketHead['fragment'];
  let protocol = ip.nextHeader;
  let next = ip.payloadOffset;
  while (isIpv6Extension(protocol) && fragment?.isFirst !== false && end - next >= TRANSPORT_BYTES) {
    if (protocol === IpProtocol.fragment) {
      fragment = { id: uint32At(bytes, next + 4), isFirst: (uint16At(bytes, next + 2) & 0xfff8) === 0 };
    }
    const length = declaredExtensionBytes(protocol, bytes[next + 1]!);
    protocol = bytes[next]!;
    next += length;
  }
  const isThere = !isIpv6Extension(protocol) && fragment?.isFirst !== false;
  return withTransport(next, isThere, { bytes, at, family: 6, protocol, end, ...(fragment && { fragment }) });
}

function withTransport(at: number, isThere: boolean, head: PacketHead): PacketHead {
  return isThere && at <= head.end ? { ...head, transportAt: at } : head;
}

export const addressBytes = (family: Family): number => (family === 4 ? 4 : 16);

/** Where the addresses lie. */
export const sourceAt = ({ family, at }: PacketHead): number => at + (family === 4 ? 12 : 8);
export const destinationAt = (head: PacketHead): number => sourceAt(head) + addressBytes(head.family);

/** Whether `bytes` of the transport's header are there. */
export const hasTransport = ({ transportAt, end }: PacketHead, bytes = TRANSPORT_BYTES): boolean =>
  transportAt !== undefined && transportAt + bytes <= end;
