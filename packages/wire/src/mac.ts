/** MAC addresses as canonical text, and their bytes. */

import { hexCode, hexDigit } from './hex.js';

declare const brand: unique symbol;

/** `3a:a6:bc:cb:d8:d4`: lower case, colons. Made by {@link parseMacAddress}. */
export type MacAddress = string & { readonly [brand]: 'MacAddress' };

const COLON = 58;

/** Where text is read to, before it is known what it is. */
const scratch = /* @__PURE__ */ new Uint8Array(6);

/**
 * A MAC address as canonical text: six bytes, colons between them, lower case.
 *
 * @example
 * ```ts
 * import { parseMacAddress } from '@podlan/wire';
 *
 * parseMacAddress('3A:A6:bc:cb:d8:d4'); // => '3a:a6:bc:cb:d8:d4'
 * parseMacAddress('3a-a6-bc-cb-d8-d4'); // => undefined
 * ```
 */
export function parseMacAddress(text: string): MacAddress | undefined {
  return writeMac(text, scratch, 0) ? (text.toLowerCase() as MacAddress) : undefined;
}

/**
 * 6 bytes, as they are sent. What is no MAC address is a TypeError.
 *
 * @example
 * ```ts
 * import { macToBytes, parseMacAddress } from '@podlan/wire';
 *
 * [...macToBytes(parseMacAddress('02:00:00:00:00:0a')!)]; // => [2, 0, 0, 0, 0, 10]
 * ```
 */
export function macToBytes(mac: MacAddress): Uint8Array {
  const bytes = new Uint8Array(6);
  if (!writeMac(mac, bytes, 0)) throw new TypeError(`macToBytes: expected a MacAddress, got ${mac}`);
  return bytes;
}

/**
 * The inverse of {@link macToBytes}. Another number of bytes than 6 is a RangeError.
 *
 * @example
 * ```ts
 * import { macFromBytes } from '@podlan/wire';
 *
 * macFromBytes(Uint8Array.of(2, 0, 0, 0, 0, 10)); // => '02:00:00:00:00:0a'
 * ```
 */
export function macFromBytes(bytes: Uint8Array): MacAddress {
  if (bytes.length !== 6) throw new RangeError(`macFromBytes: expected 6 bytes, got ${bytes.length}`);
  return formatMac(bytes, 0);
}

/** Whether `text` is a MAC address: 17 characters. If it is, its 6 bytes are at `at`. */
export function writeMac(text: string, into: Uint8Array, at: number): boolean {
  if (text.length !== 17) return false;
  for (let i = 0; i < 6; i++) {
    const value = (hexDigit(text.charCodeAt(i * 3)) << 4) | hexDigit(text.charCodeAt(i * 3 + 1));
    if (value < 0 || (i > 0 && text.charCodeAt(i * 3 - 1) !== COLON)) return false;
    into[at + i] = value;
  }
  return true;
}

/** In one piece: a text that is joined from many is slower to make and to look up. */
export function formatMac(bytes: Uint8Array, at: number): MacAddress {
  return String.fromCharCode(
    highDigit(bytes, at),
    lowDigit(bytes, at),
    COLON,
    highDigit(bytes, at + 1),
    lowDigit(bytes, at + 1),
    COLON,
    highDigit(bytes, at + 2),
    lowDigit(bytes, at + 2),
    COLON,
    highDigit(bytes, at + 3),
    lowDigit(bytes, at + 3),
    COLON,
    highDigit(bytes, at + 4),
    lowDigit(bytes, at + 4),
    COLON,
    highDigit(bytes, at + 5),
    lowDigit(bytes, at + 5),
  ) as MacAddress;
}

function highDigit(bytes: Uint8Array, at: number): number {
  return hexCode(bytes[at]! >> 4);
}

function lowDigit(bytes: Uint8Array, at: number): number {
  return hexCode(bytes[at]! & 0x0f);
}
