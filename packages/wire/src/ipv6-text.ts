/**
 * IPv6 text to 16 bytes (RFC 4291, section 2.2) and back as the one recommended text (RFC 5952).
 * Zone identifiers (`%eth0`) are not addresses and are refused.
 */

import { formatIpv4, parseIpv4Text } from './ipv4-text.js';

const GROUP = /^[0-9a-fA-F]{1,4}$/;
const GROUPS = 8;

export function parseIpv6Text(text: string): Uint8Array | undefined {
  const halves = text.split('::', 3);
  if (halves.length > 2) return undefined;
  const head = parseGroups(halves[0]!, halves.length === 1);
  const tail = halves.length === 2 ? parseGroups(halves[1]!, true) : [];
  if (!head || !tail) return undefined;
  const missing = GROUPS - head.length - tail.length;
  // "::" stands for at least one group.
  if (halves.length === 2 ? missing < 1 : missing !== 0) return undefined;
  return groupsToBytes([...head, ...new Array<number>(missing).fill(0), ...tail]);
}

/** The groups between colons; the last may be dotted decimal, which counts as two. */
function parseGroups(text: string, mayEndDotted: boolean): number[] | undefined {
  if (text === '') return [];
  const parts = text.split(':', GROUPS + 1);
  const last = parts.at(-1)!;
  const dotted = mayEndDotted && last.includes('.') ? parseIpv4Text(last) : undefined;
  if (dotted) parts.pop();
  if (!parts.every((part) => GROUP.test(part))) return undefined;
  const groups = parts.map((part) => Number.parseInt(part, 16));
  if (dotted) groups.push((dotted[0]! << 8) | dotted[1]!, (dotted[2]! << 8) | dotted[3]!);
  return groups;
}

function groupsToBytes(groups: number[]): Uint8Array {
  const bytes = new Uint8Array(16);
  for (const [index, group] of groups.entries()) {
    bytes[index * 2] = group >> 8;
    bytes[index * 2 + 1] = group & 0xff;
  }
  return bytes;
}

/** ::ffff:0:0/96 (RFC 4291, section 2.5.5.2). */
export function isIpv4Mapped(bytes: Uint8Array): boolean {
  return bytes.subarray(0, 10).every((byte) => byte === 0) && bytes[10] === 0xff && bytes[11] === 0xff;
}

export function formatIpv6(bytes: Uint8Array): string {
  // RFC 5952, section 5: mixed notation where the prefix says that an IPv4 address is inside.
  if (isIpv4Mapped(bytes)) return `::ffff:${formatIpv4(bytes.subarray(12))}`;
  const groups = Array.from({ length: GROUPS }, (_, i) => (bytes[i * 2]! << 8) | bytes[i * 2 + 1]!);
  const { start, length } = longestZeroRun(groups);
  if (length < 2) return hex(groups);
  return `${hex(groups.slice(0, start))}::${hex(groups.slice(start + length))}`;
}

function hex(groups: number[]): string {
  return groups.map((group) => group.toString(16)).join(':');
}

/** RFC 5952, section 4.2.3: the longest run, the first of equals. */
function longestZeroRun(groups: number[]): { start: number; length: number } {
  let best = { start: 0, length: 0 };
  let length = 0;
  for (const [index, group] of groups.entries()) {
    length = group === 0 ? length + 1 : 0;
    if (length > best.length) best = { start: index - length + 1, length };
  }
  return best;
}
