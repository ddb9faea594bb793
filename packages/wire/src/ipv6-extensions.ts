/**
 * The chain of extension headers between an IPv6 header and what it carries (RFC 8200, section 4). What the headers
 * say is not read but for the one of a fragment.
 */

import { uint16At, uint32At } from './bytes.js';
import { IpProtocol } from './ip-protocol.js';
import type { Ipv6Packet, Ipv6View } from './ipv6.js';

/** RFC 8200, section 4.5. */
export interface Ipv6Fragment {
  readonly identification: number;
  /** In bytes, a multiple of 8. */
  readonly offset: number;
  readonly more: boolean;
}

/** What the extension headers stand before. */
export interface Ipv6UpperLayer {
  readonly protocol: number;
  readonly payload: Uint8Array;
  readonly fragment?: Ipv6Fragment;
}

/**
 * What is behind the extension headers. Behind the header of a later fragment stands no header but the middle of a
 * payload, so the walk ends there. A chain that leaves the packet is `undefined`.
 *
 * @example
 * ```ts
 * import { IpProtocol, parseIpv6, skipExtensions } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(56);
 * bytes.set([0x60, 0, 0, 0, 0, 16, IpProtocol.hopByHop, 64]);
 * bytes[40] = IpProtocol.udp; // the next header, named by the one before
 * const upper = skipExtensions(parseIpv6(bytes)!);
 * upper?.protocol; // => 17
 * upper?.payload.length; // => 8
 * ```
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

function readFragment(bytes: Uint8Array): Ipv6Fragment {
  const word = uint16At(bytes, 2);
  return { identification: uint32At(bytes, 4), offset: word & 0xfff8, more: (word & 1) !== 0 };
}

/**
 * As {@link skipExtensions}, in place and without allocation: where in the view's bytes the header of the protocol
 * `wanted` begins. -1 where the packet carries another protocol, where the chain leaves the packet, and for later
 * fragments, which have no such header.
 *
 * @example
 * ```ts
 * import { IpProtocol, Ipv6View, UdpView, upperLayerAt } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(56);
 * bytes.set([0x60, 0, 0, 0, 0, 16, IpProtocol.hopByHop, 64]);
 * bytes.set([IpProtocol.udp, 0], 40);
 * bytes.set([0x13, 0x88], 48);
 * const ip = Ipv6View.over(bytes)!;
 * upperLayerAt(ip, IpProtocol.udp); // => 48
 * upperLayerAt(ip, IpProtocol.tcp); // => -1
 * UdpView.over(ip.bytes, 48, ip.payloadEnd)?.sourcePort; // => 5000
 * ```
 */
export function upperLayerAt(ip: Ipv6View, wanted: number): number {
  const { bytes, payloadEnd } = ip;
  let protocol = ip.nextHeader;
  let at = ip.payloadOffset;
  while (protocol !== wanted && isIpv6Extension(protocol)) {
    if (payloadEnd - at < 8) return NOT_THERE;
    if (protocol === IpProtocol.fragment && (uint16At(bytes, at + 2) & 0xfff8) !== 0) return NOT_THERE;
    const length = declaredExtensionBytes(protocol, bytes[at + 1]!);
    protocol = bytes[at]!;
    at += length;
  }
  return protocol === wanted && at <= payloadEnd ? at : NOT_THERE;
}

const NOT_THERE = -1;

/**
 * Whether a header with this number is an extension header of IPv6, behind which others stand.
 *
 * @example
 * ```ts
 * import { IpProtocol, isIpv6Extension } from '@podlan/wire';
 *
 * isIpv6Extension(IpProtocol.fragment); // => true
 * isIpv6Extension(IpProtocol.udp); // => false
 * ```
 */
export function isIpv6Extension(protocol: number): boolean {
  switch (protocol) {
    case IpProtocol.hopByHop:
    case IpProtocol.routing:
    case IpProtocol.fragment:
    case IpProtocol.authentication:
    case IpProtocol.destinationOptions:
    case IpProtocol.mobility:
      return true;
    default:
      return false;
  }
}

/**
 * Length of the extension header that `bytes` begins with; `undefined` where it does not fit.
 *
 * @example
 * ```ts
 * import { IpProtocol, ipv6ExtensionBytes } from '@podlan/wire';
 *
 * ipv6ExtensionBytes(IpProtocol.hopByHop, Uint8Array.of(17, 0, 1, 4, 0, 0, 0, 0)); // => 8
 * ipv6ExtensionBytes(IpProtocol.hopByHop, Uint8Array.of(17, 1, 1, 4, 0, 0, 0, 0)); // => undefined
 * ```
 */
export function ipv6ExtensionBytes(protocol: number, bytes: Uint8Array): number | undefined {
  if (bytes.length < 8) return undefined;
  const length = declaredExtensionBytes(protocol, bytes[1]!);
  return length <= bytes.length ? length : undefined;
}

/**
 * What an extension header's own length field says, in bytes.
 *
 * @example
 * ```ts
 * import { declaredExtensionBytes, IpProtocol } from '@podlan/wire';
 *
 * declaredExtensionBytes(IpProtocol.hopByHop, 2); // => 24
 * declaredExtensionBytes(IpProtocol.authentication, 2); // => 16
 * declaredExtensionBytes(IpProtocol.fragment, 2); // => 8
 * ```
 */
export function declaredExtensionBytes(protocol: number, field: number): number {
  if (protocol === IpProtocol.fragment) return 8;
  // RFC 4302, section 2.2: the one extension header that counts words of 4 bytes, minus 2.
  if (protocol === IpProtocol.authentication) return (field + 2) * 4;
  return (field + 1) * 8;
}
