/** Fragments put together again (RFC 791, section 3.2; RFC 8200, section 4.5). */
import { Ipv4View, internetChecksum } from '@podlan/wire';
import type { SimClock } from '../clock.js';
import { type IpHeader, putUint16At, readFragment6 } from './ip-packet.js';
import type { Netns } from './netns.js';
import { type Packet, withBytes } from './packet.js';

/** net.ipv4.ipfrag_time. */
const WAIT_MS = 30_000;

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
  /** With its headers, in bytes. */
  readonly size: number;
}

/** What a fragment says about itself. */
interface Fragment extends Piece {
  /** The same for all fragments of a packet. */
  readonly key: string;
}

export class Fragments {
  readonly #clock: SimClock;
  readonly #pieces = new Map<string, Piece[]>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Returns the whole packet once its last missing piece is there. */
  add(netns: Netns, packet: Packet, ip: IpHeader): Packet | undefined {
    const { key, ...piece } = readFragment(packet.bytes, ip);
    const known = this.#pieces.get(key);
    const pieces = known ?? [];
    if (known === undefined) this.#await(netns, key, pieces, packet);
    if (pieces.some((other) => isSame(other, piece))) return undefined;
    if (pieces.some((other) => overlap(other, piece))) {
      this.#pieces.delete(key);
      netns.drop(packet, 'malformed', 'fragments that overlap: all of them are dropped');
      return undefined;
    }
    pieces.push(piece);
    const payload = joined(pieces);
    if (payload === undefined) return undefined;
    this.#pieces.delete(key);
    const whole = wholePacket(packet.bytes, payload);
    netns.tell(packet, 'reassemble', `${pieces.length} fragments are whole`, { after: whole });
    return { ...withBytes(packet, whole), largestFragment: Math.max(...pieces.map(({ size }) => size)) };
  }

  #await(netns: Netns, key: string, pieces: Piece[], packet: Packet): void {
    this.#pieces.set(key, pieces);
    this.#clock.at(WAIT_MS, () => {
      if (this.#pieces.get(key) !== pieces) return;
      this.#pieces.delete(key);
      netns.drop(packet, 'fragment-missing', `not all fragments came within ${WAIT_MS / 1000} s`);
    });
  }
}

function readFragment(packet: Uint8Array, ip: IpHeader): Fragment {
  const { source, destination, protocol, payloadOffset, end } = ip;
  const bytes = packet.subarray(payloadOffset, end);
  if (ip.family === 6) {
    const { identification, offset, more } = readFragment6(packet)!;
    return { key: `${source} ${destination} ${identification}`, offset, bytes, isLast: !more, size: end };
  }
  const { identification, fragmentOffset: offset, moreFragments } = Ipv4View.over(packet)!;
  const key = `${source} ${destination} ${protocol} ${identification}`;
  return { key, offset, bytes, isLast: !moreFragments, size: end };
}

const isSame = (a: Piece, b: Piece): boolean => a.offset === b.offset && a.bytes.length === b.bytes.length;

/** RFC 5722: no host sends such. */
const overlap = (a: Piece, b: Piece): boolean =>
  a.offset < b.offset + b.bytes.length && b.offset < a.offset + a.bytes.length;

function joined(pieces: readonly Piece[]): Uint8Array | undefined {
  const sorted = [...pieces].sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, bytes } of sorted) {
    if (offset !== end) return undefined;
    end += bytes.length;
  }
  if (!sorted.at(-1)!.isLast) return undefined;
  const payload = new Uint8Array(end);
  for (const { offset, bytes } of sorted) payload.set(bytes, offset);
  return payload;
}

/** With the header of any of its fragments. */
function wholePacket(fragment: Uint8Array, payload: Uint8Array): Uint8Array {
  const isIpv6 = fragment[0]! >> 4 === 6;
  const headerBytes = isIpv6 ? 40 : (fragment[0]! & 0xf) * 4;
  const bytes = new Uint8Array(headerBytes + payload.length);
  bytes.set(fragment.subarray(0, headerBytes));
  bytes.set(payload, headerBytes);
  if (isIpv6) {
    bytes[6] = fragment[40]!;
    putUint16At(bytes, 4, payload.length);
    return bytes;
  }
  putUint16At(bytes, 2, bytes.length);
  putUint16At(bytes, 6, 0);
  putUint16At(bytes, 10, 0);
  putUint16At(bytes, 10, internetChecksum(bytes, 0, 0, headerBytes));
  return bytes;
}
