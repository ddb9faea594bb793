/**
 * The control messages (cmsg(3)) of a socket that sends and receives trains, and hears of traffic classes:
 *
 *     | length 8, this header included | level 4 | type 4 | value |     at a stride of 8
 *
 * UDP_SEGMENT and UDP_GRO: udp(7). IP_TOS: ip(7). IPV6_TCLASS: RFC 3542 section 6.5.
 */
import type { Family } from '@podlan/wire';

const IPPROTO_IP = 0;
const IPPROTO_IPV6 = 41;
const SOL_UDP = 17;
const UDP_SEGMENT = 103;
const UDP_GRO = 104;
const IP_TOS = 1;
const IPV6_TCLASS = 67;

const HEADER_BYTES = 16;
const SEGMENT_VALUE_BYTES = 2;
const CLASS_VALUE_BYTES = 4;
/** Header, value and padding, of any of them. */
const MESSAGE_BYTES = 24;

function write(words: Uint32Array, at: number, bytes: number, level: number, type: number, value: number) {
  const word = at / 4;
  words[word] = HEADER_BYTES + bytes;
  words[word + 1] = 0;
  words[word + 2] = level;
  words[word + 3] = type;
  words[word + 4] = value;
}

/** Writes what a train of `segment` bytes (0: none) with a traffic class needs; returns how many bytes that is. */
export function writeControl(
  words: Uint32Array,
  at: number,
  family: Family,
  segment: number,
  trafficClass: number,
): number {
  let end = at;
  if (segment > 0) {
    write(words, end, SEGMENT_VALUE_BYTES, SOL_UDP, UDP_SEGMENT, segment);
    end += MESSAGE_BYTES;
  }
  if (trafficClass > 0) {
    const [level, type] = family === 4 ? IPV4_CLASS : IPV6_CLASS;
    write(words, end, CLASS_VALUE_BYTES, level, type, trafficClass);
    end += MESSAGE_BYTES;
  }
  return end - at;
}

const IPV4_CLASS = [IPPROTO_IP, IP_TOS] as const;
const IPV6_CLASS = [IPPROTO_IPV6, IPV6_TCLASS] as const;

/** What came with a datagram or a train; one object for all, for there is one per packet. */
export const received = { segment: 0, trafficClass: 0 };

/** Reads the control messages of `bytes` bytes at `at` into `received`. */
export function readControl(words: Uint32Array, at: number, bytes: number): void {
  received.segment = 0;
  received.trafficClass = 0;
  for (let word = at / 4; word * 4 + HEADER_BYTES < at + bytes; ) {
    const length = words[word]!;
    const level = words[word + 2]!;
    const type = words[word + 3]!;
    const value = words[word + 4]!;
    if (level === SOL_UDP && type === UDP_GRO) received.segment = value;
    else if (level === IPPROTO_IP && type === IP_TOS) received.trafficClass = value & 0xff;
    else if (level === IPPROTO_IPV6 && type === IPV6_TCLASS) received.trafficClass = value & 0xff;
    if (length < HEADER_BYTES) return;
    word += ((length + 7) & ~7) / 4;
  }
}
