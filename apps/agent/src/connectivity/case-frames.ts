/** Which of the frames that pass a device have to do with a case: a node that is in use has many others. */
import { ipToBytes } from '@podlan/wire';
import type { Case } from './cases.js';

/**
 * Those that name the address that is talked to, or that of the pod that talks, be it in a header inside others, in what
 * an ICMP error quotes, or in an ARP request; and how hosts find one another, without which nothing is sent.
 */
export function framesOf({ from, address }: Case): (frame: Uint8Array) => boolean {
  // All of a host's traffic bears its address.
  const own = from.kind === 'pod' ? from.addresses : [];
  const named = [address, ...own].map((one) => Buffer.from(ipToBytes(one)));
  return (bytes) => {
    const frame = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
    return named.some((one) => frame.includes(one)) || isResolution(frame);
  };
}

const ETHER_TYPE = 12;
const ARP = 0x0806;
const IPV6 = 0x86dd;
/** Behind an Ethernet header of 14 bytes and an IPv6 header of 40 (RFC 8200 section 3). */
const IPV6_NEXT_HEADER = 20;
const ICMPV6_TYPE = 54;
const ICMPV6 = 58;
/** Neighbor solicitation and advertisement (RFC 4861 sections 4.3 and 4.4). */
const NEIGHBOR_TYPES: readonly (number | undefined)[] = [135, 136];

function isResolution(frame: Buffer): boolean {
  const type = frame.length < ETHER_TYPE + 2 ? 0 : frame.readUInt16BE(ETHER_TYPE);
  if (type === ARP) return true;
  return type === IPV6 && frame[IPV6_NEXT_HEADER] === ICMPV6 && NEIGHBOR_TYPES.includes(frame[ICMPV6_TYPE]);
}
