/** ARP for IPv4 over Ethernet (RFC 826); other hardware and protocol types are refused. */

import type { IpAddress } from './address.js';
import { putIpv4, putMac } from './address-field.js';
import { ByteView, holds } from './byte-view.js';
import { putUint16, requireRoom, uint, uint16At, uint32At } from './bytes.js';
import { formatIpv4 } from './ipv4-text.js';
import { formatMac, type MacAddress } from './mac.js';

/** The whole packet for IPv4 over Ethernet. */
export const ARP_BYTES = 28;
/** What a packet is for (RFC 826). */
export const ArpOperation = { request: 1, reply: 2 } as const;

/** Hardware type Ethernet, protocol type IPv4, and the sizes of their addresses. */
const ETHERNET = 1;
const IPV4 = 0x0800;
const SIZES = 0x0604;

/** An ARP packet as a value. */
export interface ArpPacket {
  /** {@link ArpOperation} */
  readonly operation: number;
  readonly senderMac: MacAddress;
  readonly senderIp: IpAddress;
  readonly targetMac: MacAddress;
  readonly targetIp: IpAddress;
}

/**
 * A packet in place.
 *
 * @example
 * ```ts
 * import { ArpView } from '@podlan/wire';
 *
 * const request = Uint8Array.of(
 *   ...[0, 1, 8, 0, 6, 4, 0, 1],
 *   ...[2, 0, 0, 0, 0, 10, 10, 244, 1, 5],
 *   ...[0, 0, 0, 0, 0, 0, 10, 244, 1, 1],
 * );
 * const arp = new ArpView();
 * arp.reset(request); // => true
 * arp.operation; // => 1
 * [arp.senderIpNumber, arp.targetIpNumber]; // => [0x0af40105, 0x0af40101]
 * [arp.senderIp, arp.targetIp]; // => ['10.244.1.5', '10.244.1.1']
 * [arp.senderMac, arp.targetMac]; // => ['02:00:00:00:00:0a', '00:00:00:00:00:00']
 * [arp.senderMacAt, arp.targetMacAt, arp.payloadOffset]; // => [8, 18, 28]
 * ArpView.over(new Uint8Array(28)); // => undefined
 * ```
 */
export class ArpView extends ByteView {
  /** A new view over a packet, `undefined` where none is there or other addresses are in it. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): ArpView | undefined {
    const view = new ArpView();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return isArp(bytes, offset, end) && this.place(bytes, offset, end);
  }

  /** One of {@link ArpOperation}. */
  get operation(): number {
    return uint16At(this.bytes, this.offset + 6);
  }

  /** Where the 6 bytes lie. */
  get senderMacAt(): number {
    return this.offset + 8;
  }

  /** Where the 6 bytes lie. */
  get targetMacAt(): number {
    return this.offset + 18;
  }

  /** Makes the text. */
  get senderMac(): MacAddress {
    return formatMac(this.bytes, this.senderMacAt);
  }

  /** Makes the text. */
  get targetMac(): MacAddress {
    return formatMac(this.bytes, this.targetMacAt);
  }

  /** In host order, as `parseIpv4Number` gives it. */
  get senderIpNumber(): number {
    return uint32At(this.bytes, this.offset + 14);
  }

  /** As {@link senderIpNumber}. */
  get targetIpNumber(): number {
    return uint32At(this.bytes, this.offset + 24);
  }

  /** Makes the text. */
  get senderIp(): IpAddress {
    return formatIpv4(this.bytes, this.offset + 14) as IpAddress;
  }

  /** Makes the text. */
  get targetIp(): IpAddress {
    return formatIpv4(this.bytes, this.offset + 24) as IpAddress;
  }

  /** What is left is padding. */
  override get payloadOffset(): number {
    return this.offset + ARP_BYTES;
  }
}

function isArp(bytes: Uint8Array, offset: number, end: number): boolean {
  return (
    holds(bytes, offset, end, ARP_BYTES) &&
    uint32At(bytes, offset) === ((ETHERNET << 16) | IPV4) &&
    uint16At(bytes, offset + 4) === SIZES
  );
}

/**
 * A packet as a value; `undefined` where it is cut short or is about other addresses than IPv4 over Ethernet.
 *
 * @example
 * ```ts
 * import { parseArp } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(28);
 * bytes.set([0, 1, 8, 0, 6, 4, 0, 2, 2, 0, 0, 0, 0, 10, 10, 244, 1, 5]);
 * parseArp(bytes)?.senderIp; // => '10.244.1.5'
 * parseArp(new Uint8Array(28)); // => undefined
 * ```
 */
export function parseArp(bytes: Uint8Array): ArpPacket | undefined {
  if (!isArp(bytes, 0, bytes.length)) return undefined;
  return {
    operation: uint16At(bytes, 6),
    senderMac: formatMac(bytes, 8),
    senderIp: formatIpv4(bytes, 14) as IpAddress,
    targetMac: formatMac(bytes, 18),
    targetIp: formatIpv4(bytes, 24) as IpAddress,
  };
}

/**
 * Writes the packet at the beginning of `into` and returns how many bytes that were. Too little room and a number too
 * wide for its field are a RangeError, addresses of another family a TypeError.
 *
 * @example
 * ```ts
 * import { ArpOperation, BROADCAST_MAC, emitArp, parseIpAddress } from '@podlan/wire';
 *
 * const ip = parseIpAddress('10.244.1.5')!;
 * const fields = { senderMac: BROADCAST_MAC, senderIp: ip, targetMac: BROADCAST_MAC, targetIp: ip };
 * const bytes = new Uint8Array(28);
 * emitArp({ operation: ArpOperation.reply, ...fields }, bytes); // => 28
 * [...bytes.subarray(0, 8)]; // => [0, 1, 8, 0, 6, 4, 0, 2]
 * ```
 */
export function emitArp(packet: ArpPacket, into: Uint8Array): number {
  requireRoom('emitArp', into, ARP_BYTES);
  putUint16(into, 0, ETHERNET);
  putUint16(into, 2, IPV4);
  putUint16(into, 4, SIZES);
  putUint16(into, 6, uint('operation', packet.operation, 16));
  putMac('emitArp', packet.senderMac, into, 8);
  putIpv4('emitArp', packet.senderIp, into, 14);
  putMac('emitArp', packet.targetMac, into, 18);
  putIpv4('emitArp', packet.targetIp, into, 24);
  return ARP_BYTES;
}
