/**
 * VXLAN header (RFC 7348, section 5). Flags other than I and the reserved fields are sent as zero and ignored on
 * receipt, as the RFC says. Linux (drivers/net/vxlan, vxlan_rcv) is stricter: it drops a packet with any bit set that
 * no extension of the device (GBP, GPE, remote checksum) has read.
 *
 *      0               8                              24          31
 *   0  R R R R I R R R |            reserved                       |
 *   4  VXLAN network identifier (VNI)                 | reserved   |
 */

import { ByteView, holds } from './byte-view.js';
import { putUint32, requireRoom, uint, uint32At } from './bytes.js';

/** Flags, VNI and what is reserved. */
export const VXLAN_HEADER_BYTES = 8;
/** The port Linux and flannel use, from before the assignment. */
export const VXLAN_PORT_LINUX = 8472;
/** The port IANA assigned. */
export const VXLAN_PORT_IANA = 4789;

/**
 * Whether a UDP datagram to this port is taken for VXLAN: one of the two.
 *
 * @example
 * ```ts
 * import { isVxlanPort } from '@podlan/wire';
 *
 * [8472, 4789, 53].map(isVxlanPort); // => [true, true, false]
 * ```
 */
export function isVxlanPort(port: number): boolean {
  return port === VXLAN_PORT_LINUX || port === VXLAN_PORT_IANA;
}

const FLAG_VNI_VALID = 0x08;

/** A packet as a value. */
export interface VxlanPacket {
  readonly vni: number;
  /** An Ethernet frame. */
  readonly payload: Uint8Array;
}

/**
 * A packet in place. The flag that makes the VNI valid is for the caller to look at.
 *
 * @example
 * ```ts
 * import { EthernetView, VxlanView } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(8 + 14);
 * bytes.set([0x08, 0, 0, 0, 0, 0, 1, 0]);
 * const vxlan = new VxlanView();
 * vxlan.reset(bytes); // => true
 * [vxlan.flags, vxlan.isVniValid]; // => [8, true]
 * vxlan.vni += 1;
 * vxlan.vni; // => 2
 *
 * const inner = new EthernetView();
 * inner.enter(vxlan); // => true
 * vxlan.payloadOffset; // => 8
 * inner.offset; // => 8
 * VxlanView.over(bytes, 15); // => undefined
 * ```
 */
export class VxlanView extends ByteView {
  /** A new view over a packet, `undefined` where the header is not all there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): VxlanView | undefined {
    const view = new VxlanView();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return holds(bytes, offset, end, VXLAN_HEADER_BYTES) && this.place(bytes, offset, end);
  }

  /** The first byte. */
  get flags(): number {
    return this.bytes[this.offset]! | 0;
  }

  /** Whether the I flag is set. */
  get isVniValid(): boolean {
    return (this.flags & FLAG_VNI_VALID) !== 0;
  }

  get vni(): number {
    return uint32At(this.bytes, this.offset + 4) >>> 8;
  }

  /** The flag that makes it valid is not touched. */
  set vni(value: number) {
    const reserved = this.bytes[this.offset + 7]!;
    putUint32(this.bytes, this.offset + 4, (uint('vni', value, 24) << 8) | reserved);
  }

  override get payloadOffset(): number {
    return this.offset + VXLAN_HEADER_BYTES;
  }
}

/**
 * A packet as a value; `undefined` where the header is cut short or says that its VNI is not valid.
 *
 * @example
 * ```ts
 * import { parseVxlan } from '@podlan/wire';
 *
 * parseVxlan(Uint8Array.of(0x08, 0, 0, 0, 0, 0, 1, 0))?.vni; // => 1
 * parseVxlan(Uint8Array.of(0x00, 0, 0, 0, 0, 0, 1, 0)); // => undefined
 * ```
 */
export function parseVxlan(bytes: Uint8Array): VxlanPacket | undefined {
  if (bytes.length < VXLAN_HEADER_BYTES || (bytes[0]! & FLAG_VNI_VALID) === 0) return undefined;
  return { vni: uint32At(bytes, 4) >>> 8, payload: bytes.subarray(VXLAN_HEADER_BYTES) };
}

/**
 * How many bytes {@link emitVxlan} writes.
 *
 * @example
 * ```ts
 * import { vxlanBytes } from '@podlan/wire';
 *
 * vxlanBytes({ vni: 1, payload: new Uint8Array(14) }); // => 22
 * ```
 */
export function vxlanBytes(packet: VxlanPacket): number {
  return VXLAN_HEADER_BYTES + packet.payload.length;
}

/**
 * Writes the packet at the beginning of `into` and returns how many bytes that were. Too little room and a VNI of more
 * than 24 bits are a RangeError.
 *
 * @example
 * ```ts
 * import { emitVxlan } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(22);
 * emitVxlan({ vni: 1, payload: new Uint8Array(14) }, bytes); // => 22
 * [...bytes.subarray(0, 8)]; // => [0x08, 0, 0, 0, 0, 0, 1, 0]
 * ```
 */
export function emitVxlan(packet: VxlanPacket, into: Uint8Array): number {
  const length = vxlanBytes(packet);
  requireRoom('emitVxlan', into, length);
  into.set(packet.payload, VXLAN_HEADER_BYTES);
  putUint32(into, 0, FLAG_VNI_VALID << 24);
  putUint32(into, 4, uint('vni', packet.vni, 24) << 8);
  return length;
}
