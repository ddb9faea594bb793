/** Ethernet II frames (IEEE 802.3, RFC 894), without preamble and frame check sequence. */

import { putMac } from './address-field.js';
import { ByteView, holds } from './byte-view.js';
import { putUint16, requireRange, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { formatMac, type MacAddress } from './mac.js';

/** Two addresses and the EtherType. */
export const ETHERNET_HEADER_BYTES = 14;

/** EtherType numbers (IANA "IEEE 802 Numbers"). */
export const EtherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

/** Every station on the link. */
export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as MacAddress;

/** A frame as a value. */
export interface EthernetFrame {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  readonly etherType: number;
  /** Short frames are padded to 60 bytes on a wire; the padding is part of this. */
  readonly payload: Uint8Array;
}

/**
 * A frame in place.
 *
 * @example
 * ```ts
 * import { EtherType, EthernetView } from '@podlan/wire';
 *
 * const frame = Uint8Array.of(2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x00, 0x45);
 * const ethernet = new EthernetView();
 * ethernet.reset(frame); // => true
 * ethernet.etherType === EtherType.ipv4; // => true
 * ethernet.payloadOffset; // => 14
 *
 * ethernet.destinationNumber === ethernet.sourceNumber + 1; // => true
 * [ethernet.destinationAt, ethernet.sourceAt]; // => [0, 6]
 * [ethernet.source, ethernet.destination]; // => ['02:00:00:00:00:0a', '02:00:00:00:00:0b']
 *
 * // Back to where it came from.
 * ethernet.setDestination(frame, ethernet.sourceAt);
 * ethernet.setSource(Uint8Array.of(2, 0, 0, 0, 0, 1));
 * EthernetView.over(frame)?.destination; // => '02:00:00:00:00:0a'
 * ```
 */
export class EthernetView extends ByteView {
  /** A new view over a frame, `undefined` where the header is not all there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): EthernetView | undefined {
    const view = new EthernetView();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return holds(bytes, offset, end, ETHERNET_HEADER_BYTES) && this.place(bytes, offset, end);
  }

  /** Where the 6 bytes lie. */
  get destinationAt(): number {
    return this.offset;
  }

  /** Where the 6 bytes lie. */
  get sourceAt(): number {
    return this.offset + 6;
  }

  /** Makes the text. */
  get destination(): MacAddress {
    return formatMac(this.bytes, this.destinationAt);
  }

  /** Makes the text. */
  get source(): MacAddress {
    return formatMac(this.bytes, this.sourceAt);
  }

  /** The 48 bits as one number, exactly. */
  get destinationNumber(): number {
    return macNumberAt(this.bytes, this.destinationAt);
  }

  /** As {@link destinationNumber}. */
  get sourceNumber(): number {
    return macNumberAt(this.bytes, this.sourceAt);
  }

  /** Copies the 6 bytes that lie at `at` in `from`. */
  setDestination(from: Uint8Array, at = 0): void {
    copyMac('setDestination', from, at, this.bytes, this.destinationAt);
  }

  /** As {@link setDestination}. */
  setSource(from: Uint8Array, at = 0): void {
    copyMac('setSource', from, at, this.bytes, this.sourceAt);
  }

  /** One of {@link EtherType}, or another. */
  get etherType(): number {
    return uint16At(this.bytes, this.offset + 12);
  }

  set etherType(value: number) {
    putUint16(this.bytes, this.offset + 12, uint('etherType', value, 16));
  }

  override get payloadOffset(): number {
    return this.offset + ETHERNET_HEADER_BYTES;
  }
}

function macNumberAt(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) * 0x1_0000_0000 + uint32At(bytes, at + 2);
}

function copyMac(what: string, from: Uint8Array, at: number, into: Uint8Array, to: number): void {
  requireRange(what, from, at, 6);
  for (let i = 0; i < 6; i++) into[to + i] = from[at + i]!;
}

/**
 * A frame as a value; `undefined` where the header is not all there.
 *
 * @example
 * ```ts
 * import { parseEthernet } from '@podlan/wire';
 *
 * const frame = Uint8Array.of(2, 0, 0, 0, 0, 11, 2, 0, 0, 0, 0, 10, 0x08, 0x00, 0x45);
 * parseEthernet(frame)?.destination; // => '02:00:00:00:00:0b'
 * parseEthernet(frame.subarray(0, 13)); // => undefined
 * ```
 */
export function parseEthernet(bytes: Uint8Array): EthernetFrame | undefined {
  if (bytes.length < ETHERNET_HEADER_BYTES) return undefined;
  return {
    destination: formatMac(bytes, 0),
    source: formatMac(bytes, 6),
    etherType: uint16At(bytes, 12),
    payload: bytes.subarray(ETHERNET_HEADER_BYTES),
  };
}

/**
 * How many bytes {@link emitEthernet} writes.
 *
 * @example
 * ```ts
 * import { BROADCAST_MAC, EtherType, ethernetBytes } from '@podlan/wire';
 *
 * const macs = { source: BROADCAST_MAC, destination: BROADCAST_MAC };
 * ethernetBytes({ ...macs, etherType: EtherType.arp, payload: new Uint8Array(28) }); // => 42
 * ```
 */
export function ethernetBytes(frame: EthernetFrame): number {
  return ETHERNET_HEADER_BYTES + frame.payload.length;
}

/**
 * Writes the frame at the beginning of `into` and returns how many bytes that were. Too little room and a number too
 * wide for its field are a RangeError.
 *
 * @example
 * ```ts
 * import { BROADCAST_MAC, EtherType, emitEthernet, parseMacAddress } from '@podlan/wire';
 *
 * const source = parseMacAddress('02:00:00:00:00:0a')!;
 * const bytes = new Uint8Array(60);
 * const payload = Uint8Array.of(1, 2, 3);
 * emitEthernet({ source, destination: BROADCAST_MAC, etherType: EtherType.arp, payload }, bytes); // => 17
 * [...bytes.subarray(6, 17)]; // => [2, 0, 0, 0, 0, 10, 0x08, 0x06, 1, 2, 3]
 * ```
 */
export function emitEthernet(frame: EthernetFrame, into: Uint8Array): number {
  const length = ethernetBytes(frame);
  requireRoom('emitEthernet', into, length);
  into.set(frame.payload, ETHERNET_HEADER_BYTES);
  putMac('emitEthernet', frame.destination, into, 0);
  putMac('emitEthernet', frame.source, into, 6);
  putUint16(into, 12, uint('etherType', frame.etherType, 16));
  return length;
}
