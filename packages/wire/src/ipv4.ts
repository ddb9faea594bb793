/** IPv4 packets (RFC 791): header checksum, options as raw bytes, fragments as they are (no reassembly). */

import type { IpAddress } from './address.js';
import { putIpv4 } from './address-field.js';
import { putUint16, requireRoom, uint, uint16At } from './bytes.js';
import { checksumHolds, internetChecksum } from './checksum.js';
import { formatIpv4 } from './ipv4-text.js';
import {
  DONT_FRAGMENT,
  IPV4_HEADER_BYTES,
  ipv4HeaderBytes,
  MORE_FRAGMENTS,
  OFFSET_MASK,
} from './ipv4-view.js';

/** A packet as a value. */
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

/**
 * A whole packet with a correct header checksum, as a value; else `undefined`. What lies behind its total length is
 * left out.
 *
 * @example
 * ```ts
 * import { parseIpv4 } from '@podlan/wire';
 *
 * const packet = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0x61, 0xe6, 10, 244, 1, 5, 10, 244, 2, 7);
 * parseIpv4(packet)?.destination; // => '10.244.2.7'
 * packet[8] = 63;
 * parseIpv4(packet); // => undefined
 * ```
 */
export function parseIpv4(bytes: Uint8Array): Ipv4Packet | undefined {
  const headerBytes = ipv4HeaderBytes(bytes, 0, bytes.length);
  if (headerBytes === 0 || uint16At(bytes, 2) > bytes.length) return undefined;
  return readValue(bytes, headerBytes);
}

/**
 * The beginning of a packet, as ICMP errors quote it (RFC 792): the payload may be cut short.
 *
 * @example
 * ```ts
 * import { parseIpv4Quote } from '@podlan/wire';
 *
 * // 28 bytes in all, of which the header and 2 more are quoted.
 * const quote = Uint8Array.of(
 *   ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x61, 0xde, 10, 244, 1, 5, 10, 244, 2, 7],
 *   ...[0x13, 0x88],
 * );
 * parseIpv4Quote(quote)?.payload.length; // => 2
 * ```
 */
export function parseIpv4Quote(bytes: Uint8Array): Ipv4Packet | undefined {
  const headerBytes = ipv4HeaderBytes(bytes, 0, bytes.length);
  return headerBytes === 0 ? undefined : readValue(bytes, headerBytes);
}

const NO_OPTIONS = /* @__PURE__ */ new Uint8Array(0);

function readValue(bytes: Uint8Array, headerBytes: number): Ipv4Packet | undefined {
  const totalLength = uint16At(bytes, 2);
  if (totalLength < headerBytes || !checksumHolds(bytes, 0, 0, headerBytes)) return undefined;
  const fragment = uint16At(bytes, 6);
  return {
    source: formatIpv4(bytes, 12) as IpAddress,
    destination: formatIpv4(bytes, 16) as IpAddress,
    protocol: bytes[9]!,
    ttl: bytes[8]!,
    trafficClass: bytes[1]!,
    identification: uint16At(bytes, 4),
    dontFragment: (fragment & DONT_FRAGMENT) !== 0,
    moreFragments: (fragment & MORE_FRAGMENTS) !== 0,
    fragmentOffset: (fragment & OFFSET_MASK) * 8,
    options: headerBytes === IPV4_HEADER_BYTES ? NO_OPTIONS : bytes.subarray(IPV4_HEADER_BYTES, headerBytes),
    payload: bytes.subarray(headerBytes, totalLength),
  };
}

/**
 * How many bytes {@link emitIpv4} writes.
 *
 * @example
 * ```ts
 * import { ipv4Bytes, parseIpv4 } from '@podlan/wire';
 *
 * const bytes = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0x61, 0xe6, 10, 244, 1, 5, 10, 244, 2, 7);
 * const packet = parseIpv4(bytes)!;
 * ipv4Bytes({ ...packet, payload: new Uint8Array(100) }); // => 120
 * ```
 */
export function ipv4Bytes(packet: Ipv4Packet): number {
  return IPV4_HEADER_BYTES + packet.options.length + packet.payload.length;
}

/**
 * Writes the packet at the beginning of `into`, checksum and lengths computed, and returns how many bytes that were.
 * Too little room and a number too wide for its field are a RangeError, an address of another family a TypeError.
 *
 * @example
 * ```ts
 * import { emitIpv4, IpProtocol, parseIpAddress } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(20);
 * const none = new Uint8Array();
 * const addresses = { source: parseIpAddress('10.244.1.5')!, destination: parseIpAddress('10.244.2.7')! };
 * const fragment = { identification: 0, dontFragment: false, moreFragments: false, fragmentOffset: 0 };
 * const fields = { protocol: IpProtocol.udp, ttl: 64, trafficClass: 0, options: none, payload: none };
 * emitIpv4({ ...addresses, ...fragment, ...fields }, bytes); // => 20
 * [...bytes.subarray(0, 12)]; // => [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 17, 0x61, 0xe6]
 * ```
 */
export function emitIpv4(packet: Ipv4Packet, into: Uint8Array): number {
  const length = ipv4Bytes(packet);
  const headerBytes = length - packet.payload.length;
  requireRoom('emitIpv4', into, length);
  into.set(packet.payload, headerBytes);
  into[0] = 0x40 | uint('header words (options in multiples of 4 bytes)', headerBytes / 4, 4);
  into[1] = uint('trafficClass', packet.trafficClass, 8);
  putUint16(into, 2, uint('total length', length, 16));
  putUint16(into, 4, uint('identification', packet.identification, 16));
  putUint16(into, 6, fragmentWord(packet));
  into[8] = uint('ttl', packet.ttl, 8);
  into[9] = uint('protocol', packet.protocol, 8);
  putUint16(into, 10, 0);
  putIpv4('emitIpv4', packet.source, into, 12);
  putIpv4('emitIpv4', packet.destination, into, 16);
  if (packet.options.length > 0) into.set(packet.options, IPV4_HEADER_BYTES);
  putUint16(into, 10, internetChecksum(into, 0, 0, headerBytes));
  return length;
}

function fragmentWord(packet: Ipv4Packet): number {
  const units = uint('fragmentOffset (in multiples of 8 bytes)', packet.fragmentOffset / 8, 13);
  return (packet.dontFragment ? DONT_FRAGMENT : 0) | (packet.moreFragments ? MORE_FRAGMENTS : 0) | units;
}
