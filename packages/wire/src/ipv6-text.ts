/**
 * IPv6 text to 16 bytes (RFC 4291, section 2.2) and back as the one recommended text (RFC 5952).
 * Zone identifiers (`%eth0`) are not addresses and are refused.
 * Characters are read one by one: nothing is allocated, and no part of the text is copied.
 */

import { putUint16, requireRange } from './bytes.js';
import { hexDigit, hexGroup } from './hex.js';
import { formatIpv4, writeIpv4 } from './ipv4-text.js';

const COLON = 58;
const DOT = 46;
const BYTES = 16;
const BAD = -1;
const NO_GAP = 0xff;

/**
 * Writes the 16 bytes of an IPv6 address at `at` and says whether `text` is one. Where it is not, those 16 bytes hold
 * anything. `from` and `to` bound the part of the text that is read. Too little room is a RangeError.
 *
 * @example
 * ```ts
 * import { writeIpv6 } from '@podlan/wire';
 *
 * const key = new Uint8Array(16);
 * writeIpv6('fd00::1:2', key, 0); // => true
 * [...key]; // => [0xfd, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0, 2]
 * writeIpv6('fd00::1::2', key, 0); // => false
 * ```
 */
export function writeIpv6(text: string, into: Uint8Array, at: number, from = 0, to = text.length): boolean {
  requireRange('writeIpv6', into, at, BYTES);
  const groups = writeGroups(text, into, at, from, to);
  if (groups === BAD) return false;
  const gap = groups >> 8;
  const written = groups & 0xff;
  if (gap === NO_GAP) return written === BYTES;
  // "::" stands for at least one group.
  if (written > BYTES - 2) return false;
  openGap(into, at + gap, at + written, at + BYTES);
  return true;
}

/** Writes what stands there, without the gap: how many bytes, and after how many "::" was above them. */
function writeGroups(text: string, into: Uint8Array, at: number, from: number, to: number): number {
  let next = from;
  let gap = NO_GAP;
  let written = 0;
  if (isColon(text, from, to)) {
    if (!isColon(text, from + 1, to)) return BAD;
    gap = 0;
    next += 2;
  }
  while (next < to) {
    const group = groupAt(text, next, to);
    if (group === BAD || written === BYTES) return BAD;
    const end = next + (group >> 16);
    if (end < to && text.charCodeAt(end) === DOT) {
      if (written > BYTES - 4 || !writeIpv4(text, into, at + written, next, to)) return BAD;
      return (gap << 8) | (written + 4);
    }
    putUint16(into, at + written, group);
    written += 2;
    if (end === to) break;
    next = end + 1;
    if (text.charCodeAt(end) !== COLON || next === to) return BAD;
    if (text.charCodeAt(next) === COLON) {
      if (gap !== NO_GAP) return BAD;
      gap = written;
      next++;
    }
  }
  return (gap << 8) | written;
}

function isColon(text: string, at: number, to: number): boolean {
  return at < to && text.charCodeAt(at) === COLON;
}

/** What was written behind the gap moves to the end, and zeros take its place. */
function openGap(into: Uint8Array, gap: number, written: number, end: number): void {
  const shift = end - written;
  for (let i = written - 1; i >= gap; i--) into[i + shift] = into[i]!;
  for (let i = gap; i < gap + shift; i++) into[i] = 0;
}

/** The 16 bits of a group of one to four digits, and above them how many there are. */
function groupAt(text: string, at: number, to: number): number {
  const first = hexDigitAt(text, at, to);
  if (first === BAD) return BAD;
  const second = hexDigitAt(text, at + 1, to);
  if (second === BAD) return 0x10000 | first;
  const third = hexDigitAt(text, at + 2, to);
  if (third === BAD) return 0x20000 | (first << 4) | second;
  const fourth = hexDigitAt(text, at + 3, to);
  if (fourth === BAD) return 0x30000 | (first << 8) | (second << 4) | third;
  return 0x40000 | (first << 12) | (second << 8) | (third << 4) | fourth;
}

function hexDigitAt(text: string, at: number, to: number): number {
  return at < to ? hexDigit(text.charCodeAt(at)) : BAD;
}

/** ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array, at: number): boolean {
  for (let i = 0; i < 10; i++) if (bytes[at + i] !== 0) return false;
  return bytes[at + 10] === 0xff && bytes[at + 11] === 0xff;
}

export function formatIpv6(bytes: Uint8Array, at: number): string {
  // RFC 5952, section 5: mixed notation where the prefix says that an IPv4 address is inside.
  if (isIpv4Mapped(bytes, at)) return `::ffff:${formatIpv4(bytes, at + 12)}`;
  const run = longestZeroRun(bytes, at);
  const start = run & 0xff;
  const end = run >> 8;
  if (end === 0) return groupsText(bytes, at, at + BYTES);
  return `${groupsText(bytes, at, at + start)}::${groupsText(bytes, at + end, at + BYTES)}`;
}

function groupsText(bytes: Uint8Array, from: number, to: number): string {
  let text = '';
  for (let at = from; at < to; at += 2) {
    const group = hexGroup(bytes[at]!, bytes[at + 1]!);
    text += at === from ? group : `:${group}`;
  }
  return text;
}

/**
 * RFC 5952, section 4.2.3: the longest run of zero groups, the first of equals. Where it begins, counted in bytes, and
 * above that where it ends; 0 where no run is longer than one group (section 4.2.2).
 */
function longestZeroRun(bytes: Uint8Array, at: number): number {
  let best = 0;
  let longest = 2;
  let start = 0;
  for (let end = 2; end <= BYTES; end += 2) {
    if ((bytes[at + end - 2]! | bytes[at + end - 1]!) !== 0) start = end;
    else if (end - start > longest) {
      longest = end - start;
      best = (end << 8) | start;
    }
  }
  return best;
}
