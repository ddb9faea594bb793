/** ARP for IPv4 over Ethernet (RFC 826); other hardware and protocol types are refused. */

import {
  type IpAddress,
  ipFromBytes,
  ipToBytes,
  type MacAddress,
  macFromBytes,
  macToBytes,
} from './address.js';
import { ByteView, requireRoom, uint, uint16At } from './bytes.js';
import { EtherType } from './ethernet.js';

export const ARP_BYTES = 28;
export const ArpOperation = { request: 1, reply: 2 } as const;

const HARDWARE_ETHERNET = 1;

export interface ArpPacket {
  /** {@link ArpOperation} */
  readonly operation: number;
  readonly senderMac: MacAddress;
  readonly senderIp: IpAddress;
  readonly targetMac: MacAddress;
  readonly targetIp: IpAddress;
}

export class ArpView extends ByteView {
  static over(bytes: Uint8Array): ArpView | undefined {
    if (bytes.length < ARP_BYTES) return undefined;
    const view = new ArpView(bytes);
    return view.isIpv4OverEthernet ? view : undefined;
  }
  get isIpv4OverEthernet(): boolean {
    return (
      uint16At(this.bytes, 0) === HARDWARE_ETHERNET &&
      uint16At(this.bytes, 2) === EtherType.ipv4 &&
      this.bytes[4] === 6 &&
      this.bytes[5] === 4
    );
  }
  get operation(): number {
    return uint16At(this.bytes, 6);
  }
  get senderMac(): MacAddress {
    return macFromBytes(this.bytes.subarray(8, 14));
  }
  get senderIp(): IpAddress {
    return ipFromBytes(this.bytes.subarray(14, 18));
  }
  get targetMac(): MacAddress {
    return macFromBytes(this.bytes.subarray(18, 24));
  }
  get targetIp(): IpAddress {
    return ipFromBytes(this.bytes.subarray(24, 28));
  }
}

export function parseArp(bytes: Uint8Array): ArpPacket | undefined {
  const view = ArpView.over(bytes);
  if (!view) return undefined;
  const { operation, senderMac, senderIp, targetMac, targetIp } = view;
  return { operation, senderMac, senderIp, targetMac, targetIp };
}

export function emitArp(packet: ArpPacket, into: Uint8Array): number {
  const view = requireRoom('emitArp', into, ARP_BYTES);
  view.setUint16(0, HARDWARE_ETHERNET);
  view.setUint16(2, EtherType.ipv4);
  view.setUint8(4, 6);
  view.setUint8(5, 4);
  view.setUint16(6, uint('operation', packet.operation, 16));
  into.set(macToBytes(packet.senderMac), 8);
  into.set(ipv4Bytes(packet.senderIp), 14);
  into.set(macToBytes(packet.targetMac), 18);
  into.set(ipv4Bytes(packet.targetIp), 24);
  return ARP_BYTES;
}

function ipv4Bytes(address: IpAddress): Uint8Array {
  const bytes = ipToBytes(address);
  if (bytes.length !== 4) throw new TypeError(`emitArp: expected an IPv4 address, got ${address}`);
  return bytes;
}
