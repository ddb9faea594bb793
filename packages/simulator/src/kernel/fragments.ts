/** Fragments of packets for this host, put together again (RFC 791, section 3.2; RFC 8200, section 4.5). */
import { Ipv4View, internetChecksum } from '@podlan/wire';
import type { SimClock } from '../clock.js';
import type { IpHeader } from './ip-packet.js';
import type { Netns } from './netns.js';
import { type Packet, withBytes } from './packet.js';

/** net.ipv4.ipfrag_time. */
const WAIT_MS = 30_000;

interface Piece {
  readonly offset: number;
  readonly bytes: Uint8Array;
  readonly isLast: boolean;
}

export class Fragments {
  readonly #clock: SimClock;
  readonly #pieces = new Map<string, Piece[]>();

  constructor(clock: SimClock) {
    this.#clock = clock;
  }

  /** Returns the whole packet once its last missing piece is there. */
  add(netns: Netns, packet: Packet, ip: IpHeader): Packet | undefined {
    const view = Ipv4View.over(packet.bytes);
    if (view === undefined) return packet;
    const key = `${ip.source} ${ip.destination} ${ip.protocol} ${view.identification}`;
    const known = this.#pieces.get(key);
    const pieces = known ?? [];
    if (known === undefined) this.#await(netns, key, pieces, packet);
    const bytes = packet.bytes.subarray(ip.payloadOffset, ip.end);
    pieces.push({ offset: view.fragmentOffset, bytes, isLast: !view.moreFragments });
    const payload = joined(pieces);
    if (payload === undefined) return undefined;
    this.#pieces.delete(key);
    const whole = wholePacket(view, payload);
    netns.tell(packet, 'reassemble', `${pieces.length} fragments are whole`, { after: whole });
    return withBytes(packet, whole);
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

function joined(pieces: readonly Piece[]): Uint8Array | undefined {
  const sorted = [...pieces].sort((a, b) => a.offset - b.offset);
  let end = 0;
  for (const { offset, bytes } of sorted) {
    if (offset > end) return undefined;
    end = Math.max(end, offset + bytes.length);
  }
  if (!sorted.some(({ isLast }) => isLast)) return undefined;
  const payload = new Uint8Array(end);
  for (const { offset, bytes } of sorted) payload.set(bytes, offset);
  return payload;
}

function wholePacket(first: Ipv4View, payload: Uint8Array): Uint8Array {
  const header = first.bytes.slice(first.offset, first.payloadOffset);
  const bytes = new Uint8Array(header.length + payload.length);
  bytes.set(header);
  bytes.set(payload, header.length);
  bytes[2] = bytes.length >> 8;
  bytes[3] = bytes.length & 0xff;
  bytes.fill(0, 6, 8);
  bytes.fill(0, 10, 12);
  const checksum = internetChecksum(bytes, 0, 0, header.length);
  bytes.set([checksum >> 8, checksum & 0xff], 10);
  return bytes;
}
