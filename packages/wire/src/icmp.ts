/**
 * ICMP for IPv4 (RFC 792): echo, destination unreachable with the next-hop MTU of RFC 1191, time exceeded.
 * Anything else is kept as `other`.
 */

import { ByteView, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { checksumHolds, internetChecksum } from './checksum.js';

export const ICMP_HEADER_BYTES = 8;

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

export class IcmpView extends ByteView {
  static over(bytes: Uint8Array): IcmpView | undefined {
    return bytes.length < ICMP_HEADER_BYTES ? undefined : new IcmpView(bytes);
  }
  get type(): number {
    return this.bytes[0]!;
  }
  get code(): number {
    return this.bytes[1]!;
  }
  get checksum(): number {
    return uint16At(this.bytes, 2);
  }
  get checksumHolds(): boolean {
    return checksumHolds(this.bytes);
  }
  get identifier(): number {
    return uint16At(this.bytes, 4);
  }
  get sequence(): number {
    return uint16At(this.bytes, 6);
  }
  /** RFC 1191, section 4: the low half of the word that RFC 792 left unused. */
  get nextHopMtu(): number {
    return uint16At(this.bytes, 6);
  }
  get rest(): number {
    return uint32At(this.bytes, 4);
  }
  get body(): Uint8Array {
    return this.bytes.subarray(ICMP_HEADER_BYTES);
  }
}

/** ICMP has no length of its own: `bytes` is exactly the payload of the IP packet. */
export function parseIcmp(bytes: Uint8Array): IcmpMessage | undefined {
  const view = IcmpView.over(bytes);
  return view?.checksumHolds ? readValue(view) : undefined;
}

function readValue(view: IcmpView): IcmpMessage {
  const { type, code, body } = view;
  switch (type) {
    case IcmpType.echoRequest:
    case IcmpType.echoReply: {
      if (code !== 0) break;
      const kind = type === IcmpType.echoRequest ? 'echo-request' : 'echo-reply';
      return { kind, identifier: view.identifier, sequence: view.sequence, data: body };
    }
    case IcmpType.destinationUnreachable: {
      const mtu = code === IcmpUnreachable.fragmentationNeeded ? view.nextHopMtu : 0;
      return { kind: 'destination-unreachable', code, mtu, quote: body };
    }
    case IcmpType.timeExceeded:
      return { kind: 'time-exceeded', code, quote: body };
  }
  return { kind: 'other', type, code, rest: view.rest, data: body };
}

interface Header {
  readonly type: number;
  readonly code: number;
  readonly rest: number;
  readonly body: Uint8Array;
}

function headerOf(message: IcmpMessage): Header {
  switch (message.kind) {
    case 'echo-request':
    case 'echo-reply': {
      const type = message.kind === 'echo-request' ? IcmpType.echoRequest : IcmpType.echoReply;
      const rest =
        uint('identifier', message.identifier, 16) * 0x10000 + uint('sequence', message.sequence, 16);
      return { type, code: 0, rest, body: message.data };
    }
    case 'destination-unreachable': {
      const { code, mtu, quote } = message;
      return { type: IcmpType.destinationUnreachable, code, rest: uint('mtu', mtu, 16), body: quote };
    }
    case 'time-exceeded':
      return { type: IcmpType.timeExceeded, code: message.code, rest: 0, body: message.quote };
    case 'other':
      return { type: message.type, code: message.code, rest: message.rest, body: message.data };
  }
}

export function icmpBytes(message: IcmpMessage): number {
  return ICMP_HEADER_BYTES + headerOf(message).body.length;
}

export function emitIcmp(message: IcmpMessage, into: Uint8Array): number {
  const { type, code, rest, body } = headerOf(message);
  const length = ICMP_HEADER_BYTES + body.length;
  const view = requireRoom('emitIcmp', into, length);
  into.set(body, ICMP_HEADER_BYTES);
  view.setUint8(0, uint('type', type, 8));
  view.setUint8(1, uint('code', code, 8));
  view.setUint16(2, 0);
  view.setUint32(4, uint('rest of header', rest, 32));
  view.setUint16(2, internetChecksum(into.subarray(0, length)));
  return length;
}
