/**
 * Addresses, ports and ICMP ids written anew in a packet. Right checksums stay right and wrong ones wrong, for they are
 * updated by what changed (RFC 1624); a UDP checksum of zero, which is none, stays zero.
 */
import { IpProtocol, ipToBytes, uint16At, updateChecksum } from '@podlan/wire';
import { destinationAt, hasTransport, type PacketHead, sourceAt } from './packet-head.js';
import { type Endpoint, hasPorts, isIcmp } from './tuple.js';

export type Side = 'source' | 'destination';

const IPV4_CHECKSUM = 10;
const ICMP_CHECKSUM = 2;
const ICMP_ID = 4;
/** Of an ICMP message behind its checksum. */
const ICMP_BODY = 4;

/** Writes one end of the packet in place. `addressOnly`: of what carries no ports of its own. */
export function rewrite(head: PacketHead, side: Side, end: Endpoint, addressOnly = false): void {
  rewriteAddress(head, side === 'source' ? sourceAt(head) : destinationAt(head), end);
  const { protocol, transportAt } = head;
  if (addressOnly || !hasTransport(head)) return;
  if (isIcmp(protocol)) writeWord(head, transportAt! + ICMP_ID, end.port, [checksumAt(head)]);
  if (!hasPorts(protocol)) return;
  writeWord(head, transportAt! + (side === 'source' ? 0 : 2), end.port, [checksumAt(head)]);
}

function rewriteAddress(head: PacketHead, at: number, { address }: Endpoint): void {
  const bytes = ipToBytes(address);
  const header = head.family === 4 ? head.at + IPV4_CHECKSUM : undefined;
  // The pseudo header is none of ICMP's for IPv4.
  const transport = head.protocol === IpProtocol.icmp ? undefined : checksumAt(head);
  for (let i = 0; i < bytes.length; i += 2) writeWord(head, at + i, uint16At(bytes, i), [header, transport]);
}

/** Where the transport's checksum lies; undefined where there is none to keep. */
function checksumAt(head: PacketHead): number | undefined {
  const { bytes, protocol, transportAt: at } = head;
  if (at === undefined) return undefined;
  if (protocol === IpProtocol.tcp) return hasTransport(head, 18) ? at + 16 : undefined;
  if (isIcmp(protocol)) return hasTransport(head, 4) ? at + ICMP_CHECKSUM : undefined;
  if (protocol !== IpProtocol.udp || !hasTransport(head)) return undefined;
  return uint16At(bytes, at + 6) === 0 ? undefined : at + 6;
}

function writeWord(
  { bytes, protocol }: PacketHead,
  at: number,
  word: number,
  checksums: readonly (number | undefined)[],
): void {
  const before = uint16At(bytes, at);
  if (before === word) return;
  putWord(bytes, at, word);
  for (const checksum of checksums)
    if (checksum !== undefined) adjust(bytes, checksum, before, word, protocol);
}

function adjust(bytes: Uint8Array, at: number, before: number, after: number, protocol?: number): void {
  const updated = updateChecksum(uint16At(bytes, at), before, after);
  // Zero would say that there is no checksum (RFC 768).
  putWord(bytes, at, updated === 0 && protocol === IpProtocol.udp ? 0xffff : updated);
}

function putWord(bytes: Uint8Array, at: number, word: number): void {
  bytes[at] = word >>> 8;
  bytes[at + 1] = word;
}

/** After the packet that an ICMP error quotes has changed: the error's own checksum. `before` are the bytes as they were. */
export function adjustQuoting(error: PacketHead, before: Uint8Array): void {
  const { bytes, transportAt, end } = error;
  const checksum = transportAt! + ICMP_CHECKSUM;
  for (let at = transportAt! + ICMP_BODY; at + 1 < end; at += 2) {
    const [was, is] = [uint16At(before, at), uint16At(bytes, at)];
    if (was !== is) adjust(bytes, checksum, was, is);
  }
}
