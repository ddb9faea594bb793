/** The header of ICMPv6 messages (RFC 4443, section 2.1) in place. */

import { ByteView, holds } from './byte-view.js';
import { putUint16, uint, uint16At, uint32At } from './bytes.js';
import { type IpHeaderView, updateChecksum, updateChecksum32, viewSum } from './checksum.js';
import { IpProtocol } from './ip-protocol.js';

export const ICMPV6_HEADER_BYTES = 8;

/**
 * A message in place. Writing a field keeps a right checksum right (RFC 1624) and a wrong one wrong.
 *
 * @example
 * ```ts
 * import { Icmpv6Type, Icmpv6View } from '@podlan/wire';
 *
 * const message = Uint8Array.of(128, 0, 0, 0, 0, 7, 0, 1);
 * const icmp = new Icmpv6View();
 * icmp.reset(message); // => true
 * icmp.type === Icmpv6Type.echoRequest; // => true
 * icmp.identifier; // => 7
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

  get type(): number {
    return this.bytes[this.offset]! | 0;
  }

  get code(): number {
    return this.bytes[this.offset + 1]! | 0;
  }

  get checksum(): number {
    return uint16At(this.bytes, this.offset + 2);
  }

  set checksum(value: number) {
    putUint16(this.bytes, this.offset + 2, uint('checksum', value, 16));
  }

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
