/**
 * ICMP for IPv4 (RFC 792): echo, destination unreachable with the next-hop MTU of RFC 1191, time exceeded.
 * Anything else is kept as `other`.
 */

import { ByteView, holds } from './byte-view.js';
import { putUint16, putUint32, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { checksumHolds, internetChecksum, updateChecksum, viewSum } from './checksum.js';

/** Type, code, checksum and one word that depends on the type. */
export const ICMP_HEADER_BYTES = 8;

/** Types of messages (RFC 792). */
export const IcmpType = {
  echoReply: 0,
  destinationUnreachable: 3,
  echoRequest: 8,
  timeExceeded: 11,
} as const;

/** Codes of destination unreachable (RFC 792, RFC 1122, RFC 1812). */
export const IcmpUnreachable = {
  network: 0,
  host: 1,
  protocol: 2,
  port: 3,
  fragmentationNeeded: 4,
  prohibited: 13,
} as const;

/** A message as a value, by its kind. */
export type IcmpMessage =
  | {
      readonly kind: 'echo-request' | 'echo-reply';
      readonly identifier: number;
      readonly sequence: number;
      readonly data: Uint8Array;
    }
  /** `mtu` is zero unless the code is `fragmentationNeeded`. `quote` begins with the offending IPv4 header. */
  | {
      readonly kind: 'destination-unreachable';
      readonly code: number;
      readonly mtu: number;
      readonly quote: Uint8Array;
    }
  | { readonly kind: 'time-exceeded'; readonly code: number; readonly quote: Uint8Array }
  /** `rest` is the second word of the header. */
  | {
      readonly kind: 'other';
      readonly type: number;
      readonly code: number;
      readonly rest: number;
      readonly data: Uint8Array;
    };

/**
 * A message in place. Writing a field keeps a right checksum right (RFC 1624) and a wrong one wrong.
 *
 * @example
 * ```ts
 * import { IcmpType, IcmpView } from '@podlan/wire';
 *
 * const message = Uint8Array.of(8, 0, 0xf7, 0xf7, 0, 7, 0, 1);
 * const icmp = new IcmpView();
 * icmp.reset(message); // => true
 * icmp.type === IcmpType.echoRequest; // => true
 * [icmp.code, icmp.identifier, icmp.sequence]; // => [0, 7, 1]
 * icmp.rest; // => 0x00070001
 * icmp.payloadOffset; // => 8
 * icmp.identifier = 9;
 * icmp.checksum; // => 0xf7f5
 * icmp.checksumHolds; // => true
 *
 * const tooLarge = IcmpView.over(Uint8Array.of(3, 4, 0, 0, 0, 0, 0x05, 0xaa));
 * tooLarge?.nextHopMtu; // => 1450
 * ```
 */
export class IcmpView extends ByteView {
  /** A new view over a message, `undefined` where the header is not all there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): IcmpView | undefined {
    const view = new IcmpView();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  /** ICMP has no length of its own: `end` is the end of the IP packet's payload. */
  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return holds(bytes, offset, end, ICMP_HEADER_BYTES) && this.place(bytes, offset, end);
  }

  /** One of {@link IcmpType}, or another. */
  get type(): number {
    return this.bytes[this.offset]! | 0;
  }

  /** What it means depends on the type. */
  get code(): number {
    return this.bytes[this.offset + 1]! | 0;
  }

  /** As it is stored. */
  get checksum(): number {
    return uint16At(this.bytes, this.offset + 2);
  }

  set checksum(value: number) {
    putUint16(this.bytes, this.offset + 2, uint('checksum', value, 16));
  }

  /** Whether everything up to `end` is as it was sent. */
  get checksumHolds(): boolean {
    return viewSum(this, 0, this.offset, this.end) === 0xffff;
  }

  /** Of an echo. */
  get identifier(): number {
    return uint16At(this.bytes, this.offset + 4);
  }

  set identifier(value: number) {
    this.checksum = updateChecksum(this.checksum, this.identifier, uint('identifier', value, 16));
    putUint16(this.bytes, this.offset + 4, value);
  }

  /** Of an echo. */
  get sequence(): number {
    return uint16At(this.bytes, this.offset + 6);
  }

  /** RFC 1191, section 4: the low half of the word that RFC 792 left unused. */
  get nextHopMtu(): number {
    return uint16At(this.bytes, this.offset + 6);
  }

  /** The second word of the header. */
  get rest(): number {
    return uint32At(this.bytes, this.offset + 4);
  }

  override get payloadOffset(): number {
    return this.offset + ICMP_HEADER_BYTES;
  }
}

/**
 * A message with a right checksum, as a value; else `undefined`. ICMP has no length of its own: `bytes` is exactly the
 * payload of the IP packet.
 *
 * @example
 * ```ts
 * import { parseIcmp } from '@podlan/wire';
 *
 * const message = parseIcmp(Uint8Array.of(8, 0, 0xf7, 0xf7, 0, 7, 0, 1));
 * message?.kind; // => 'echo-request'
 * parseIcmp(Uint8Array.of(8, 0, 0xf7, 0xf7, 0, 7, 0, 2)); // => undefined
 * ```
 */
export function parseIcmp(bytes: Uint8Array): IcmpMessage | undefined {
  return bytes.length >= ICMP_HEADER_BYTES && checksumHolds(bytes) ? readValue(bytes) : undefined;
}

function readValue(bytes: Uint8Array): IcmpMessage {
  const type = bytes[0]!;
  const code = bytes[1]!;
  const body = bytes.subarray(ICMP_HEADER_BYTES);
  switch (type) {
    case IcmpType.echoRequest:
    case IcmpType.echoReply: {
      if (code !== 0) break;
      const kind = type === IcmpType.echoRequest ? 'echo-request' : 'echo-reply';
      return { kind, identifier: uint16At(bytes, 4), sequence: uint16At(bytes, 6), data: body };
    }
    case IcmpType.destinationUnreachable: {
      const mtu = code === IcmpUnreachable.fragmentationNeeded ? uint16At(bytes, 6) : 0;
      return { kind: 'destination-unreachable', code, mtu, quote: body };
    }
    case IcmpType.timeExceeded:
      return { kind: 'time-exceeded', code, quote: body };
  }
  return { kind: 'other', type, code, rest: uint32At(bytes, 4), data: body };
}

interface Header {
  readonly type: number;
  readonly code: number;
  readonly rest: number;
}

function headerOf(message: IcmpMessage): Header {
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply': {
      const type = message.kind === 'echo-request' ? IcmpType.echoRequest : IcmpType.echoReply;
      const rest =
        uint('identifier', message.identifier, 16) * 0x10000 + uint('sequence', message.sequence, 16);
      return { type, code: 0, rest };
    }
    case 'destination-unreachable': {
      const { code, mtu } = message;
      return { type: IcmpType.destinationUnreachable, code, rest: uint('mtu', mtu, 16) };
    }
    case 'time-exceeded':
      return { type: IcmpType.timeExceeded, code: message.code, rest: 0 };
    case 'other':
      return { type: message.type, code: message.code, rest: message.rest };
  }
}

/**
 * How many bytes {@link emitIcmp} writes.
 *
 * @example
 * ```ts
 * import { icmpBytes } from '@podlan/wire';
 *
 * icmpBytes({ kind: 'time-exceeded', code: 0, quote: new Uint8Array(28) }); // => 36
 * ```
 */
export function icmpBytes(message: IcmpMessage): number {
  return ICMP_HEADER_BYTES + bodyOf(message).length;
}

function bodyOf(message: IcmpMessage): Uint8Array {
  return 'quote' in message ? message.quote : message.data;
}

/**
 * Writes the message at the beginning of `into`, its checksum computed, and returns how many bytes that were. Too
 * little room and a number too wide for its field are a RangeError.
 *
 * @example
 * ```ts
 * import { emitIcmp } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(8);
 * emitIcmp({ kind: 'echo-request', identifier: 7, sequence: 1, data: new Uint8Array() }, bytes); // => 8
 * [...bytes]; // => [8, 0, 0xf7, 0xf7, 0, 7, 0, 1]
 * ```
 */
export function emitIcmp(message: IcmpMessage, into: Uint8Array): number {
  const body = bodyOf(message);
  const length = ICMP_HEADER_BYTES + body.length;
  requireRoom('emitIcmp', into, length);
  const { type, code, rest } = headerOf(message);
  into.set(body, ICMP_HEADER_BYTES);
  into[0] = uint('type', type, 8);
  into[1] = uint('code', code, 8);
  putUint16(into, 2, 0);
  putUint32(into, 4, uint('rest of header', rest, 32));
  putUint16(into, 2, internetChecksum(into, 0, 0, length));
  return length;
}
