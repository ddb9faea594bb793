/** The header of ICMPv6 messages (RFC 4443, section 2.1) in place. */

import { ByteView, holds } from './byte-view.js';
import { putUint16, uint, uint16At, uint32At } from './bytes.js';
import { type IpHeaderView, updateChecksum, updateChecksum32, viewSum } from './checksum.js';
import { IpProtocol } from './ip-protocol.js';

/** Type, code, checksum and one word that depends on the type. */
export const ICMPV6_HEADER_BYTES = 8;

/**
 * A message in place. Writing a field keeps a right checksum right (RFC 1624) and a wrong one wrong.
 *
 * @example
 * ```ts
 * import { Icmpv6Type, Icmpv6View, IpProtocol, Ipv6View } from '@podlan/wire';
 *
 * const packet = new Uint8Array(48);
 * packet.set([0x60, 0, 0, 0, 0, 8, IpProtocol.icmpv6, 64]);
 * packet.set([128, 0, 0x7f, 0xb5, 0, 7, 0, 1], 40);
 *
 * const ip = Ipv6View.over(packet)!;
 * const icmp = new Icmpv6View();
 * icmp.reset(packet, ip.payloadOffset, ip.payloadEnd); // => true
 * icmp.type === Icmpv6Type.echoRequest; // => true
 * [icmp.code, icmp.identifier, icmp.sequence]; // => [0, 7, 1]
 * icmp.rest; // => 0x00070001
 * icmp.payloadOffset; // => 48
 * icmp.checksumHolds(ip); // => true
 *
 * icmp.adjustChecksum(0, 0xfd00);
 * packet.set([0xfd, 0], ip.sourceAt + 2);
 * icmp.checksumHolds(ip); // => true
 * icmp.checksum; // => 0x82b4
 * Icmpv6View.over(packet, 41); // => undefined
 * ```
 */
export class Icmpv6View extends ByteView {
  /** A new view over a message, `undefined` where the header is not all there. */
  static over(bytes: Uint8Array, offset = 0, end = bytes.length): Icmpv6View | undefined {
    const view = new Icmpv6View();
    return view.reset(bytes, offset, end) ? view : undefined;
  }

  /** ICMPv6 has no length of its own: `end` is the end of the IP packet's payload. */
  reset(bytes: Uint8Array, offset = 0, end = bytes.length): boolean {
    return holds(bytes, offset, end, ICMPV6_HEADER_BYTES) && this.place(bytes, offset, end);
  }

  /** One of `Icmpv6Type`, or another. */
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
  checksumHolds(ip: IpHeaderView): boolean {
    const { offset, end } = this;
    return viewSum(this, ip.pseudoHeaderSum(IpProtocol.icmpv6, end - offset), offset, end) === 0xffff;
  }

  /** For 32 bits that changed in an address of the IP header, which the checksum covers too. */
  adjustChecksum(before: number, after: number): void {
    this.checksum = updateChecksum32(this.checksum, before, after);
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

  /** The MTU of packet too big, the flags of a neighbor advertisement. */
  get rest(): number {
    return uint32At(this.bytes, this.offset + 4);
  }

  override get payloadOffset(): number {
    return this.offset + ICMPV6_HEADER_BYTES;
  }
}
