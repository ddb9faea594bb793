/** One field of a dissected frame set to another value, as a number, a flag or text that a person wrote. */

import { parseIpAddress, writeIp } from './address.js';
import { expected } from './address-field.js';
import { requireRange } from './bytes.js';
import type { DissectedField, FieldValue } from './dissect.js';
import { parseMacAddress, writeMac } from './mac.js';

/**
 * A copy of the frame in which a field that `dissect` found there has another value. Checksums stay as they are
 * (`repairChecksums`). Numbers may be text too, decimal or after `0x` hexadecimal; raw bytes are hexadecimal digits, as
 * many as before. A number too wide for the field is a RangeError, text that is none of its values a TypeError.
 *
 * @example
 * ```ts
 * import { dissect, setField, summarize } from '@podlan/wire';
 *
 * const frame = new Uint8Array(42).fill(0xff, 0, 6);
 * frame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
 * frame.set([10, 244, 1, 5], 28); // sender
 * frame.set([10, 244, 1, 1], 38); // target
 * const target = dissect(frame).inner!.fields.find(({ name }) => name === 'target IP')!;
 * summarize(setField(frame, target, '10.244.1.9')); // => 'ARP who-has 10.244.1.9 tell 10.244.1.5'
 *
 * let message = '';
 * try {
 *   setField(frame, target, '10.244.1.256');
 * } catch (error) {
 *   message = (error as Error).message;
 * }
 * message; // => 'target IP: expected an IPv4 address, got 10.244.1.256'
 * ```
 */
export function setField(frame: Uint8Array, field: DissectedField, value: FieldValue): Uint8Array {
  requireRange(field.name, frame, field.offset, field.length);
  const edited = frame.slice();
  if (typeof field.value === 'string') putText(edited, field, `${value}`.trim());
  else
    putBits(edited, field, typeof field.value === 'boolean' ? flagOf(field, value) : numberOf(field, value));
  return edited;
}

function putText(into: Uint8Array, field: DissectedField, text: string): void {
  const { name, offset, length, value } = field;
  if (length === 6 && parseMacAddress(`${value}`)) {
    if (!writeMac(text, into, offset)) throw expected(name, 'a MAC address like 02:00:00:00:00:0a', text);
  } else if (parseIpAddress(`${value}`)) {
    const bytes = new Uint8Array(16);
    const family = length === 4 ? 4 : 6;
    if (writeIp(text, bytes, 0) !== family) throw expected(name, `an IPv${family} address`, text);
    into.set(bytes.subarray(0, length), offset);
  } else {
    putHex(into, field, text);
  }
}

function putHex(into: Uint8Array, { name, offset, length }: DissectedField, text: string): void {
  const digits = text.replaceAll(/[\s:]/g, '');
  if (!/^[0-9a-f]*$/i.test(digits) || digits.length !== length * 2)
    throw expected(name, `${length * 2} hexadecimal digits`, text);
  for (let i = 0; i < length; i++) into[offset + i] = Number.parseInt(digits.slice(i * 2, i * 2 + 2), 16);
}

const FLAGS: ReadonlyMap<string, number> = /* @__PURE__ */ new Map([
  ['0', 0],
  ['1', 1],
  ['false', 0],
  ['true', 1],
]);

function flagOf({ name }: DissectedField, value: FieldValue): number {
  const flag = FLAGS.get(`${value}`.trim().toLowerCase());
  if (flag === undefined) throw expected(name, '0 or 1', value);
  return flag;
}

/** In units of the field. */
function numberOf({ name, length, bits }: DissectedField, value: FieldValue): number {
  const unit = bits?.unit ?? 1;
  const most = (2 ** (bits?.width ?? length * 8) - 1) * unit;
  const range = `0 to ${most}${unit === 1 ? '' : ` in multiples of ${unit}`}`;
  const text = `${value}`.trim();
  if (!/^(\d+|0x[0-9a-f]+)$/i.test(text)) throw expected(name, range, value);
  const number = Number(text);
  if (number > most || number % unit !== 0) throw new RangeError(`${name}: expected ${range}, got ${value}`);
  return number / unit;
}

/** Fields are up to 4 bytes wide; shifting by operators would take them for signed. */
function putBits(into: Uint8Array, { offset, length, bits }: DissectedField, value: number): void {
  const { shift, width } = bits ?? { shift: 0, width: length * 8 };
  let word = 0;
  for (let at = offset; at < offset + length; at++) word = word * 0x100 + into[at]!;
  const above = Math.floor(word / 2 ** (shift + width)) * 2 ** (shift + width);
  word = above + value * 2 ** shift + (word % 2 ** shift);
  for (let at = offset + length - 1; at >= offset; at--) {
    into[at] = word % 0x100;
    word = Math.floor(word / 0x100);
  }
}
