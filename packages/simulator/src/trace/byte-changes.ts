/** A packet in hexadecimal, with what one hop changed in it marked. */

/** How a byte came to be what it is. */
export type ByteChange = 'same' | 'changed' | 'new';

const PER_ROW = 16;
const MARKS: Record<ByteChange, string> = { same: '  ', changed: '^^', new: '++' };

/**
 * How each byte of `after` came to be what it is. Headers come and go in front: packets are laid beside each other at their
 * ends.
 * @example
 * ```ts
 * import { byteChanges } from '@podlan/simulator';
 *
 * byteChanges(Uint8Array.of(1, 2), Uint8Array.of(9, 1, 3)); // => ['new', 'same', 'changed']
 * ```
 */
export function byteChanges(before: Uint8Array, after: Uint8Array): ByteChange[] {
  const grown = after.length - before.length;
  return Array.from(after, (byte, i) => {
    if (i < grown) return 'new';
    return byte === before[i - grown] ? 'same' : 'changed';
  });
}

/** Rows of 16 bytes, each with a row of marks under it where something in it changed. */
export function byteLines(before: Uint8Array, after: Uint8Array): string[] {
  const changes = byteChanges(before, after);
  const removed = before.length - after.length;
  const lines = removed > 0 ? [`${removed} bytes taken off the front`] : [];
  for (let at = 0; at < after.length; at += PER_ROW) lines.push(...rowLines(after, changes, at));
  return lines;
}

function rowLines(bytes: Uint8Array, changes: readonly ByteChange[], at: number): string[] {
  const row = changes.slice(at, at + PER_ROW);
  const hex = Array.from(bytes.subarray(at, at + PER_ROW), (byte) => byte.toString(16).padStart(2, '0'));
  const offset = at.toString(16).padStart(4, '0');
  const line = `${offset}  ${spaced(hex)}`;
  if (row.every((change) => change === 'same')) return [line];
  return [line, `      ${spaced(row.map((change) => MARKS[change]))}`.trimEnd()];
}

/** A wider space in the middle. */
const spaced = (cells: readonly string[]): string =>
  cells.map((cell, i) => (i === PER_ROW / 2 ? ` ${cell}` : cell)).join(' ');
