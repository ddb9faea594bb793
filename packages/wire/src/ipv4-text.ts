/**
 * IPv4 text (RFC 791 addresses in dotted decimal) to a number and back. No octal, no short forms.
 * Characters are read one by one, and no part of the text is copied.
 */

const BAD = -1;
const DOT = 46;
const DIGIT_0 = 48;

/**
 * The address as an unsigned 32-bit number in host order, -1 where the text is no IPv4 address. `from` and `to` bound
 * the part of the text that is read. In code that is not optimised yet, engines box numbers of 2^31 and above.
 *
 * @example
 * ```ts
 * import { parseIpv4Number } from '@podlan/wire';
 *
 * parseIpv4Number('10.244.1.5'); // => 0x0af40105
 * parseIpv4Number('10.244.1'); // => -1
 * parseIpv4Number('10.244.1.0/24', 0, 10); // => 0x0af40100
 * ```
 */
export function parseIpv4Number(text: string, from = 0, to = text.length): number {
  let value = 0;
  let at = from;
  for (let octets = 0; octets < 4; octets++) {
    if (octets > 0 && (at >= to || text.charCodeAt(at++) !== DOT)) return BAD;
    const octet = octetAt(text, at, to);
    if (octet === BAD) return BAD;
    value = (value << 8) | (octet & 0xff);
    at += octet >> 8;
  }
  return at === to ? value >>> 0 : BAD;
}

/** Writes the 4 bytes of an IPv4 address at `at` and says whether `text` is one; as {@link parseIpv4Number}, for bytes. */
export function writeIpv4(text: string, into: Uint8Array, at: number, from = 0, to = text.length): boolean {
  let next = from;
  for (let octets = 0; octets < 4; octets++) {
    if (octets > 0 && (next >= to || text.charCodeAt(next++) !== DOT)) return false;
    const octet = octetAt(text, next, to);
    if (octet === BAD) return false;
    into[at + octets] = octet;
    next += octet >> 8;
  }
  return next === to;
}

/** The number in the low byte, how many digits it has above. A leading zero is no digit of a longer number. */
function octetAt(text: string, at: number, to: number): number {
  const first = digitAt(text, at, to);
  if (first === BAD) return BAD;
  const second = digitAt(text, at + 1, to);
  if (second === BAD) return 0x100 | first;
  if (first === 0) return BAD;
  const two = first * 10 + second;
  const third = digitAt(text, at + 2, to);
  if (third === BAD) return 0x200 | two;
  const three = two * 10 + third;
  return three > 255 ? BAD : 0x300 | three;
}

function digitAt(text: string, at: number, to: number): number {
  if (at >= to) return BAD;
  const digit = text.charCodeAt(at) - DIGIT_0;
  return digit >= 0 && digit <= 9 ? digit : BAD;
}

/**
 * Dotted decimal of an unsigned 32-bit number in host order.
 *
 * @example
 * ```ts
 * import { formatIpv4Number } from '@podlan/wire';
 *
 * formatIpv4Number(0x0af40105); // => '10.244.1.5'
 * ```
 */
export function formatIpv4Number(address: number): string {
  return `${address >>> 24}.${(address >>> 16) & 0xff}.${(address >>> 8) & 0xff}.${address & 0xff}`;
}

export function formatIpv4(bytes: Uint8Array, at: number): string {
  return `${bytes[at]}.${bytes[at + 1]}.${bytes[at + 2]}.${bytes[at + 3]}`;
}
