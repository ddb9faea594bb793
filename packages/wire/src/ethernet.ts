/** Ethernet II frames (IEEE 802.3, RFC 894), without preamble and frame check sequence. */

import { type MacAddress, macFromBytes, macToBytes } from './address.js';
import { ByteView, requireRoom, uint, uint16At } from './bytes.js';

export const ETHERNET_HEADER_BYTES = 14;

/** EtherType numbers (IANA "IEEE 802 Numbers"). */
export const EtherType = { ipv4: 0x0800, arp: 0x0806, vlan: 0x8100, ipv6: 0x86dd } as const;

export const BROADCAST_MAC = 'ff:ff:ff:ff:ff:ff' as MacAddress;

export interface EthernetFrame {
  readonly destination: MacAddress;
  readonly source: MacAddress;
  readonly etherType: number;
  /** Short frames are padded to 60 bytes on a wire; the padding is part of this. */
  readonly payload: Uint8Array;
}

export class EthernetView extends ByteView {
  static over(bytes: Uint8Array): EthernetView | undefined {
    return bytes.length < ETHERNET_HEADER_BYTES ? undefined : new EthernetView(bytes);
  }
  get destination(): MacAddress {
    return macFromBytes(this.bytes.subarray(0, 6));
  }
  get source(): MacAddress {
    return macFromBytes(this.bytes.subarray(6, 12));
  }
  get etherType(): number {
    return uint16At(this.bytes, 12);
  }
  get payload(): Uint8Array {
    return this.bytes.subarray(ETHERNET_HEADER_BYTES);
  }
}

export function parseEthernet(bytes: Uint8Array): EthernetFrame | undefined {
  const view = EthernetView.over(bytes);
  if (!view) return undefined;
  const { destination, source, etherType, payload } = view;
  return { destination, source, etherType, payload };
}

export function ethernetBytes(frame: EthernetFrame): number {
  return ETHERNET_HEADER_BYTES + frame.payload.length;
}

export function emitEthernet(frame: EthernetFrame, into: Uint8Array): number {
  const length = ethernetBytes(frame);
  const view = requireRoom('emitEthernet', into, length);
  into.set(frame.payload, ETHERNET_HEADER_BYTES);
  into.set(macToBytes(frame.destination), 0);
  into.set(macToBytes(frame.source), 6);
  view.setUint16(12, uint('etherType', frame.etherType, 16));
  return length;
}
