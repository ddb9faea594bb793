/**
 * VXLAN header (RFC 7348, section 5). Flags other than I and the reserved fields are sent as zero and ignored on
 * receipt, as the RFC says. Linux (drivers/net/vxlan, vxlan_rcv) is stricter: it drops a packet with any bit set that
 * no extension of the device (GBP, GPE, remote checksum) has read.
 *
 *      0               8                              24          31
 *   0  R R R R I R R R |            reserved                       |
 *   4  VXLAN network identifier (VNI)                 | reserved   |
 */

import { ByteView, requireRoom, uint, uint32At } from './bytes.js';

export const VXLAN_HEADER_BYTES = 8;
/** The port Linux and flannel use, from before the assignment. */
export const VXLAN_PORT_LINUX = 8472;
/** The port IANA assigned. */
export const VXLAN_PORT_IANA = 4789;

const FLAG_VNI_VALID = 0x08;

export interface VxlanPacket {
  readonly vni: number;
  /** An Ethernet frame. */
  readonly payload: Uint8Array;
}

export class VxlanView extends ByteView {
  static over(bytes: Uint8Array): VxlanView | undefined {
    return bytes.length < VXLAN_HEADER_BYTES ? undefined : new VxlanView(bytes);
  }
  get flags(): number {
    return this.bytes[0]!;
  }
  get isVniValid(): boolean {
    return (this.flags & FLAG_VNI_VALID) !== 0;
  }
  get vni(): number {
    return uint32At(this.bytes, 4) >>> 8;
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(VXLAN_HEADER_BYTES);
  }
}

export function parseVxlan(bytes: Uint8Array): VxlanPacket | undefined {
  const view = VxlanView.over(bytes);
  if (!view?.isVniValid) return undefined;
  return { vni: view.vni, payload: view.payload };
}

export function vxlanBytes(packet: VxlanPacket): number {
  return VXLAN_HEADER_BYTES + packet.payload.length;
}

export function emitVxlan(packet: VxlanPacket, into: Uint8Array): number {
  const length = vxlanBytes(packet);
  const view = requireRoom('emitVxlan', into, length);
  into.set(packet.payload, VXLAN_HEADER_BYTES);
  view.setUint32(0, FLAG_VNI_VALID << 24);
  view.setUint32(4, uint('vni', packet.vni, 24) * 256);
  return length;
}
