/**
 * IP addresses, prefixes and MAC addresses as *canonical text*.
 *
 * An address that went through `parse…` here is a branded string: equal addresses are equal strings, so it can be
 * compared with `===`, used as a map key, printed, and put into JSON as it is. IPv6 text is RFC 5952.
 * The family lies inside the value; nothing in podlan has a v4 field beside a v6 field.
 */

import { putUint32, requireRange } from './bytes.js';
import { hexDigit, hexOf } from './hex.js';
import { formatIpv4, formatIpv4Number, parseIpv4Number } from './ipv4-text.js';
import { formatIpv6, isIpv4Mapped, writeIpv6 } from './ipv6-text.js';

declare const brand: unique symbol;

/** `10.244.1.5` or `fd00::5` (RFC 5952 text). Made by {@link parseIpAddress}. */
export type IpAddress = string & { readonly [brand]: 'IpAddress' };
/** `10.244.1.0/24`: host bits are zero. Made by {@link parseIpPrefix}. */
export type IpPrefix = string & { readonly [brand]: 'IpPrefix' };
/** `10.244.1.1/24`: an address with the length of its on-link prefix, as `ip address` shows it. */
export type InterfaceAddress = string & { readonly [brand]: 'InterfaceAddress' };
/** `3a:a6:bc:cb:d8:d4`: lower case, colons. Made by {@link parseMacAddress}. */
export type MacAddress = string & { readonly [brand]: 'MacAddress' };

export type Family = 4 | 6;

/** Where text is read to, before it is known what it is. The next call overwrites it. */
const scratch = /* @__PURE__ */ new Uint8Array(16);

export function parseIpAddress(text: string): IpAddress | undefined {
  return canonicalPart(text, text.length) as IpAddress | undefined;
}

/** The text up to `to` as the one text of its address. IPv4 has but one. */
function canonicalPart(text: string, to: number): string | undefined {
  if (parseIpv4Number(text, 0, to) >= 0) return text.slice(0, to);
  return writeIpv6(text, scratch, 0, 0, to) ? formatIpv6(scratch, 0) : undefined;
}

/** Host bits are masked off: `10.244.1.7/24` is `10.244.1.0/24`. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const slash = text.indexOf('/');
  const length = slash < 0 ? NO_LENGTH : parsePrefixLength(text, slash + 1);
  if (length === NO_LENGTH) return undefined;
  const number = parseIpv4Number(text, 0, slash);
  if (number >= 0) return length > 32 ? undefined : (ipv4Prefix(text, number, length) as IpPrefix);
  if (length > 128 || !writeIpv6(text, scratch, 0, 0, slash)) return undefined;
  clearHostBits(scratch, length);
  return `${formatIpv6(scratch, 0)}/${length}` as IpPrefix;
}

/** Where no host bit is set, the text is the canonical one already. */
function ipv4Prefix(text: string, address: number, length: number): string {
  const hostBits = length === 0 ? 0xffffffff : 2 ** (32 - length) - 1;
  return (address & hostBits) === 0 ? text : `${formatIpv4Number(address & ~hostBits)}/${length}`;
}

/** Host bits are kept: `10.244.1.7/24` stays as it is. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const slash = text.indexOf('/');
  const length = slash < 0 ? NO_LENGTH : parsePrefixLength(text, slash + 1);
  const address = length === NO_LENGTH ? undefined : canonicalPart(text, slash);
  if (address === undefined || length > (familyOf(address as IpAddress) === 4 ? 32 : 128)) return undefined;
  return `${address}/${length}` as InterfaceAddress;
}

export function parseMacAddress(text: string): MacAddress | undefined {
  return writeMac(text, scratch, 0) ? (text.toLowerCase() as MacAddress) : undefined;
}

export function familyOf(address: IpAddress | IpPrefix | InterfaceAddress): Family {
  return address.includes(':') ? 6 : 4;
}

/**
 * Writes the bytes of an address at `at`, 4 or 16, and returns its family; 0 where `text` is no address, and then the
 * bytes hold anything. `from` and `to` bound the part of the text that is read. Nothing is allocated. There must be
 * room for 16 bytes, whatever the family, else it is a RangeError.
 *
 * @example
 * ```ts
 * import { writeIp } from '@podlan/wire';
 *
 * const key = new Uint8Array(16);
 * writeIp('10.244.1.5', key, 0); // => 4
 * [...key.subarray(0, 4)]; // => [10, 244, 1, 5]
 * writeIp('fd00::1', key, 0); // => 6
 * writeIp('10.244.1', key, 0); // => 0
 * ```
 */
export function writeIp(text: string, into: Uint8Array, at: number, from = 0, to = text.length): Family | 0 {
  requireRange('writeIp', into, at, 16);
  const number = parseIpv4Number(text, from, to);
  if (number < 0) return writeIpv6(text, into, at, from, to) ? 6 : 0;
  putUint32(into, at, number);
  return 4;
}

/** 4 bytes or 16, in network order. */
export function ipToBytes(address: IpAddress): Uint8Array {
  const number = parseIpv4Number(address);
  const bytes = new Uint8Array(number < 0 ? 16 : 4);
  if (number >= 0) putUint32(bytes, 0, number);
  else if (!writeIpv6(address, bytes, 0)) throw notAn('IpAddress', 'ipToBytes', address);
  return bytes;
}

function notAn(type: string, what: string, got: unknown): TypeError {
  return new TypeError(`${what}: expected an ${type}, got ${JSON.stringify(got)}`);
}

export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return formatIpv4(bytes, 0) as IpAddress;
  if (bytes.length === 16) return formatIpv6(bytes, 0) as IpAddress;
  throw new RangeError(`ipFromBytes: expected 4 or 16 bytes, got ${bytes.length}`);
}

/** Always 16 bytes: an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2). */
export function ipToMappedBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16);
  const family = writeIp(address, bytes, 0);
  if (family === 0) throw notAn('IpAddress', 'ipToMappedBytes', address);
  if (family === 6) return bytes;
  bytes.copyWithin(12, 0, 4);
  return bytes.fill(0, 0, 10).fill(0xff, 10, 12);
}

/** The inverse of {@link ipToMappedBytes}: `::ffff:a.b.c.d` becomes IPv4 again. */
export function ipFromMappedBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length !== 16) throw new RangeError(`ipFromMappedBytes: expected 16 bytes, got ${bytes.length}`);
  return (isIpv4Mapped(bytes, 0) ? formatIpv4(bytes, 12) : formatIpv6(bytes, 0)) as IpAddress;
}

export function macToBytes(mac: MacAddress): Uint8Array {
  const bytes = new Uint8Array(6);
  if (!writeMac(mac, bytes, 0)) throw notAn('MacAddress', 'macToBytes', mac);
  return bytes;
}

export function macFromBytes(bytes: Uint8Array): MacAddress {
  if (bytes.length !== 6) throw new RangeError(`macFromBytes: expected 6 bytes, got ${bytes.length}`);
  return hexOf(bytes, ':') as MacAddress;
}

export function prefixLength(prefix: IpPrefix | InterfaceAddress): number {
  return Number(prefix.slice(prefix.indexOf('/') + 1));
}

export function prefixAddress(prefix: IpPrefix | InterfaceAddress): IpAddress {
  return prefix.slice(0, prefix.indexOf('/')) as IpAddress;
}

/** What {@link parsePrefixLength} answers for text that is no length. */
const NO_LENGTH = -1;
const DIGIT_0 = 48;
const COLON = 58;

/**
 * The prefix length from `at` to the end of the text: one to three digits, no leading zero; -1 where there is none. Whether
 * it fits the address is the caller's to know.
 *
 * @example
 * ```ts
 * import { parsePrefixLength } from '@podlan/wire';
 *
 * parsePrefixLength('10.244.0.0/16', 11); // => 16
 * parsePrefixLength('016'); // => -1
 * ```
 */
export function parsePrefixLength(text: string, at = 0): number {
  const digits = text.length - at;
  if (digits < 1 || digits > 3) return NO_LENGTH;
  if (digits > 1 && text.charCodeAt(at) === DIGIT_0) return NO_LENGTH;
  let length = 0;
  for (let i = at; i < text.length; i++) {
    const digit = text.charCodeAt(i) - DIGIT_0;
    if (digit < 0 || digit > 9) return NO_LENGTH;
    length = length * 10 + digit;
  }
  return length;
}

function clearHostBits(address: Uint8Array, length: number): void {
  for (let at = length >> 3; at < address.length; at++) {
    address[at]! &= 0xff00 >> Math.max(0, length - at * 8);
  }
}

/** A MAC address is 17 characters: two hexadecimal digits for each byte, and colons between them. */
function writeMac(text: string, into: Uint8Array, at: number): boolean {
  if (text.length !== 17) return false;
  for (let i = 0; i < 6; i++) {
    const value = (hexDigit(text.charCodeAt(i * 3)) << 4) | hexDigit(text.charCodeAt(i * 3 + 1));
    if (value < 0 || (i > 0 && text.charCodeAt(i * 3 - 1) !== COLON)) return false;
    into[at + i] = value;
  }
  return true;
}
