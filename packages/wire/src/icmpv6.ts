/**
 * ICMPv6 (RFC 4443) and the two Neighbor Discovery messages that hosts resolve addresses with (RFC 4861).
 * Anything else is kept as `other`. Whether the hop limit was 255 is for the caller to check: it lies in IPv6.
 */

import type { IpAddress } from './address.js';
import { expected } from './address-field.js';
import { putUint16, putUint32, requireRoom, uint, uint32At } from './bytes.js';
import { type PseudoHeader, transportChecksum, transportChecksumHolds } from './checksum.js';
import { ICMPV6_HEADER_BYTES } from './icmpv6-view.js';
import { IpProtocol } from './ip-protocol.js';
import { formatIpv6, writeIpv6 } from './ipv6-text.js';
import { type NdpOption, ndpOptionBytes, parseNdpOptions } from './ndp-options.js';

/** Types of messages (RFC 4443, RFC 4861). */
export const Icmpv6Type = {
  destinationUnreachable: 1,
  packetTooBig: 2,
  timeExceeded: 3,
  echoRequest: 128,
  echoReply: 129,
  neighborSolicitation: 135,
  neighborAdvertisement: 136,
} as const;

/** Codes of destination unreachable (RFC 4443, section 3.1). */
export const Icmpv6Unreachable = { noRoute: 0, prohibited: 1, beyondScope: 2, address: 3, port: 4 } as const;

/** A message as a value, by its kind. */
export type Icmpv6Message =
  | {
      readonly kind: 'echo-request' | 'echo-reply';
      readonly identifier: number;
      readonly sequence: number;
      readonly data: Uint8Array;
    }
  | { readonly kind: 'destination-unreachable'; readonly code: number; readonly quote: Uint8Array }
  | { readonly kind: 'packet-too-big'; readonly mtu: number; readonly quote: Uint8Array }
  | { readonly kind: 'time-exceeded'; readonly code: number; readonly quote: Uint8Array }
  | {
      readonly kind: 'neighbor-solicitation';
      readonly target: IpAddress;
      readonly options: readonly NdpOption[];
    }
  | NeighborAdvertisement
  /** `rest` is the second word of the header. */
  | {
      readonly kind: 'other';
      readonly type: number;
      readonly code: number;
      readonly rest: number;
      readonly data: Uint8Array;
    };

/** RFC 4861, section 4.4. */
export interface NeighborAdvertisement {
  readonly kind: 'neighbor-advertisement';
  readonly router: boolean;
  readonly solicited: boolean;
  readonly override: boolean;
  readonly target: IpAddress;
  readonly options: readonly NdpOption[];
}

const ROUTER = 0x80000000;
const SOLICITED = 0x40000000;
const OVERRIDE = 0x20000000;
const TARGET_BYTES = 16;

/**
 * A message as a value; `undefined` where it is cut short or a neighbor message that RFC 4861 has discarded. With a
 * pseudo header the checksum must hold too. ICMPv6 has no length of its own: `bytes` is exactly the payload of the IP
 * packet.
 *
 * @example
 * ```ts
 * import { parseIcmpv6 } from '@podlan/wire';
 *
 * parseIcmpv6(Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1))?.kind; // => 'echo-request'
 * parseIcmpv6(Uint8Array.of(135, 0, 0, 0, 0, 0, 0, 0)); // => undefined
 * ```
 */
export function parseIcmpv6(bytes: Uint8Array, pseudo?: PseudoHeader): Icmpv6Message | undefined {
  if (bytes.length < ICMPV6_HEADER_BYTES) return undefined;
  if (pseudo && !transportChecksumHolds(bytes, pseudo, IpProtocol.icmpv6)) return undefined;
  return readValue(bytes);
}

function readValue(bytes: Uint8Array): Icmpv6Message | undefined {
  const type = bytes[0]!;
  const code = bytes[1]!;
  const rest = uint32At(bytes, 4);
  const body = bytes.subarray(ICMPV6_HEADER_BYTES);
  switch (type) {
    case Icmpv6Type.destinationUnreachable:
      return { kind: 'destination-unreachable', code, quote: body };
    case Icmpv6Type.timeExceeded:
      return { kind: 'time-exceeded', code, quote: body };
  }
  return (
    (code === 0 && readCodeZero(type, rest, body)) ||
    unlessNeighbor(type, { kind: 'other', type, code, rest, data: body })
  );
}

function readCodeZero(type: number, rest: number, body: Uint8Array): Icmpv6Message | undefined {
  const identifier = rest >>> 16;
  const sequence = rest & 0xffff;
  switch (type) {
    case Icmpv6Type.packetTooBig:
      return { kind: 'packet-too-big', mtu: rest, quote: body };
    case Icmpv6Type.echoRequest:
      return { kind: 'echo-request', identifier, sequence, data: body };
    case Icmpv6Type.echoReply:
      return { kind: 'echo-reply', identifier, sequence, data: body };
    case Icmpv6Type.neighborSolicitation:
    case Icmpv6Type.neighborAdvertisement:
      return parseNeighbor(type, rest, body);
  }
  return undefined;
}

/** RFC 4861, section 7.1: neighbor messages that fail validation are discarded, not kept as something else. */
function unlessNeighbor(type: number, message: Icmpv6Message): Icmpv6Message | undefined {
  const isNeighbor = type === Icmpv6Type.neighborSolicitation || type === Icmpv6Type.neighborAdvertisement;
  return isNeighbor ? undefined : message;
}

function parseNeighbor(type: number, rest: number, body: Uint8Array): Icmpv6Message | undefined {
  const options = body.length < TARGET_BYTES ? undefined : parseNdpOptions(body.subarray(TARGET_BYTES));
  if (!options) return undefined;
  const target = formatIpv6(body, 0) as IpAddress;
  if (type === Icmpv6Type.neighborSolicitation) return { kind: 'neighbor-solicitation', target, options };
  return {
    kind: 'neighbor-advertisement',
    router: (rest & ROUTER) !== 0,
    solicited: (rest & SOLICITED) !== 0,
    override: (rest & OVERRIDE) !== 0,
    target,
    options,
  };
}

interface Header {
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly body: Uint8Array;
}

function headerOf(message: Icmpv6Message): Header {
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply': {
      const type = message.kind === 'echo-request' ? Icmpv6Type.echoRequest : Icmpv6Type.echoReply;
      const rest =
        uint('identifier', message.identifier, 16) * 0x10000 + uint('sequence', message.sequence, 16);
      return { type, code: 0, rest, body: message.data };
    }
    case 'destination-unreachable':
      return { type: Icmpv6Type.destinationUnreachable, code: message.code, rest: 0, body: message.quote };
    case 'packet-too-big':
      return { type: Icmpv6Type.packetTooBig, code: 0, rest: message.mtu, body: message.quote };
    case 'time-exceeded':
      return { type: Icmpv6Type.timeExceeded, code: message.code, rest: 0, body: message.quote };
    case 'neighbor-solicitation':
      return { type: Icmpv6Type.neighborSolicitation, code: 0, rest: 0, body: neighborBody(message) };
    case 'neighbor-advertisement':
      return {
        type: Icmpv6Type.neighborAdvertisement,
        code: 0,
        rest: flagsOf(message),
        body: neighborBody(message),
      };
    case 'other':
      return { type: message.type, code: message.code, rest: message.rest, body: message.data };
  }
}

function flagsOf({ router, solicited, override }: NeighborAdvertisement): number {
  return (router ? ROUTER : 0) + (solicited ? SOLICITED : 0) + (override ? OVERRIDE : 0);
}

function neighborBody(message: { target: IpAddress; options: readonly NdpOption[] }): Uint8Array {
  const options = ndpOptionBytes(message.options);
  const body = new Uint8Array(TARGET_BYTES + options.length);
  if (!writeIpv6(message.target, body, 0)) throw expected('emitIcmpv6', 'an IPv6 target', message.target);
  body.set(options, TARGET_BYTES);
  return body;
}

/**
 * How many bytes {@link emitIcmpv6} writes.
 *
 * @example
 * ```ts
 * import { icmpv6Bytes } from '@podlan/wire';
 *
 * icmpv6Bytes({ kind: 'packet-too-big', mtu: 1280, quote: new Uint8Array(48) }); // => 56
 * ```
 */
export function icmpv6Bytes(message: Icmpv6Message): number {
  return ICMPV6_HEADER_BYTES + headerOf(message).body.length;
}

/**
 * Writes the message at the beginning of `into`, its checksum computed, and returns how many bytes that were. Too
 * little room and a number too wide for its field are a RangeError, a target of another family a TypeError.
 *
 * @example
 * ```ts
 * import { emitIcmpv6, parseIcmpv6, parseIpAddress } from '@podlan/wire';
 *
 * const pseudo = { source: parseIpAddress('fd00::1')!, destination: parseIpAddress('fd00::2')! };
 * const bytes = new Uint8Array(24);
 * const target = parseIpAddress('fd00::2')!;
 * emitIcmpv6({ kind: 'neighbor-solicitation', target, options: [] }, bytes, pseudo); // => 24
 * parseIcmpv6(bytes, pseudo)?.kind; // => 'neighbor-solicitation'
 * ```
 */
export function emitIcmpv6(message: Icmpv6Message, into: Uint8Array, pseudo: PseudoHeader): number {
  const { type, code, rest, body } = headerOf(message);
  const length = ICMPV6_HEADER_BYTES + body.length;
  requireRoom('emitIcmpv6', into, length);
  into.set(body, ICMPV6_HEADER_BYTES);
  into[0] = uint('type', type, 8);
  into[1] = uint('code', code, 8);
  putUint16(into, 2, 0);
  putUint32(into, 4, uint('rest of header', rest, 32));
  putUint16(into, 2, transportChecksum(into, pseudo, IpProtocol.icmpv6, length));
  return length;
}
