/**
 * IP addresses and prefixes as *canonical text*.
 *
 * An address that went through `parse…` here is a branded string: equal addresses are equal strings, so it can be
 * compared with `===`, used as a map key, printed, and put into JSON as it is. IPv6 text is RFC 5952.
 * The family lies inside the value; nothing in podlan has a v4 field beside a v6 field.
 */

import { expected } from './address-field.js';
import { putUint32, requireRange } from './bytes.js';
import { formatIpv4, formatIpv4Number, parseIpv4Number, writeIpv4 } from './ipv4-text.js';
import { formatIpv6, isIpv4Mapped, writeIpv6 } from './ipv6-text.js';

declare const brand: unique symbol;

/** `10.244.1.5` or `fd00::5` (RFC 5952 text). Made by {@link parseIpAddress}. */
export type IpAddress = string & { readonly [brand]: 'IpAddress' };
/** `10.244.1.0/24`: host bits are zero. Made by {@link parseIpPrefix}. */
export type IpPrefix = string & { readonly [brand]: 'IpPrefix' };
/** `10.244.1.1/24`: an address with the length of its on-link prefix, as `ip address` shows it. */
export type InterfaceAddress = string & { readonly [brand]: 'InterfaceAddress' };

/** The version of IP an address is of. */
export type Family = 4 | 6;

/** Where text is read to, before it is known what it is. The next call overwrites it. */
const scratch = /* @__PURE__ */ new Uint8Array(16);

/**
 * The canonical text of an address of either family; `undefined` where the text is none. Nothing but the address may stand
 * there: no zone, no brackets, no prefix length.
 *
 * @example
 * ```ts
 * import { parseIpAddress } from '@podlan/wire';
 *
 * parseIpAddress('2001:DB8:0::1'); // => '2001:db8::1'
 * parseIpAddress('10.244.1.5'); // => '10.244.1.5'
 * parseIpAddress('10.244.1'); // => undefined
 * ```
 */
export function parseIpAddress(text: string): IpAddress | undefined {
  return canonicalPart(text, text.length) as IpAddress | undefined;
}

/** The text up to `to` as the one text of its address. IPv4 has but one. */
function canonicalPart(text: string, to: number): string | undefined {
  if (parseIpv4Number(text, 0, to) >= 0) return text.slice(0, to);
  return writeIpv6(text, scratch, 0, 0, to) ? formatIpv6(scratch, 0) : undefined;
}

/**
 * A prefix as canonical text. Host bits are masked off.
 *
 * @example
 * ```ts
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * parseIpPrefix('10.244.1.7/24'); // => '10.244.1.0/24'
 * parseIpPrefix('FD00::/48'); // => 'fd00::/48'
 * parseIpPrefix('10.244.1.7'); // => undefined
 * ```
 */
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

/**
 * An address with the length of its prefix as canonical text. Host bits are kept.
 *
 * @example
 * ```ts
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * parseInterfaceAddress('10.244.1.7/24'); // => '10.244.1.7/24'
 * parseInterfaceAddress('10.244.1.7/33'); // => undefined
 * ```
 */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const slash = text.indexOf('/');
  const length = slash < 0 ? NO_LENGTH : parsePrefixLength(text, slash + 1);
  const address = length === NO_LENGTH ? undefined : canonicalPart(text, slash);
  if (address === undefined || length > (familyOf(address as IpAddress) === 4 ? 32 : 128)) return undefined;
  return `${address}/${length}` as InterfaceAddress;
}

/**
 * Which family an address or prefix is of.
 *
 * @example
 * ```ts
 * import { familyOf, parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * familyOf(parseIpAddress('10.244.1.5')!); // => 4
 * familyOf(parseIpPrefix('fd00::/48')!); // => 6
 * ```
 */
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
  if (writeIpv4(text, into, at, from, to)) return 4;
  return writeIpv6(text, into, at, from, to) ? 6 : 0;
}

/**
 * 4 bytes or 16, in network order. What is no address is a TypeError.
 *
 * @example
 * ```ts
 * import { ipToBytes, parseIpAddress } from '@podlan/wire';
 *
 * [...ipToBytes(parseIpAddress('10.244.1.5')!)]; // => [10, 244, 1, 5]
 * ```
 */
export function ipToBytes(address: IpAddress): Uint8Array {
  const number = parseIpv4Number(address);
  const bytes = new Uint8Array(number < 0 ? 16 : 4);
  if (number >= 0) putUint32(bytes, 0, number);
  else if (!writeIpv6(address, bytes, 0)) throw expected('ipToBytes', 'an IpAddress', address);
  return bytes;
}

/**
 * The inverse of {@link ipToBytes}. Another number of bytes than 4 or 16 is a RangeError.
 *
 * @example
 * ```ts
 * import { ipFromBytes } from '@podlan/wire';
 *
 * ipFromBytes(Uint8Array.of(10, 244, 1, 5)); // => '10.244.1.5'
 * ipFromBytes(new Uint8Array(16)); // => '::'
 * ```
 */
export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return formatIpv4(bytes, 0) as IpAddress;
  if (bytes.length === 16) return formatIpv6(bytes, 0) as IpAddress;
  throw new RangeError(`ipFromBytes: expected 4 or 16 bytes, got ${bytes.length}`);
}

/**
 * Always 16 bytes: an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2).
 *
 * @example
 * ```ts
 * import { ipToMappedBytes, parseIpAddress } from '@podlan/wire';
 *
 * [...ipToMappedBytes(parseIpAddress('10.244.1.5')!)].slice(9); // => [0, 0xff, 0xff, 10, 244, 1, 5]
 * ```
 */
export function ipToMappedBytes(address: IpAddress): Uint8Array {
  const bytes = new Uint8Array(16);
  const family = writeIp(address, bytes, 0);
  if (family === 0) throw expected('ipToMappedBytes', 'an IpAddress', address);
  if (family === 6) return bytes;
  bytes.copyWithin(12, 0, 4);
  return bytes.fill(0, 0, 10).fill(0xff, 10, 12);
}

/**
 * The inverse of {@link ipToMappedBytes}: `::ffff:a.b.c.d` becomes IPv4 again.
 *
 * @example
 * ```ts
 * import { ipFromMappedBytes } from '@podlan/wire';
 *
 * ipFromMappedBytes(Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 10, 244, 1, 5)); // => '10.244.1.5'
 * ```
 */
export function ipFromMappedBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length !== 16) throw new RangeError(`ipFromMappedBytes: expected 16 bytes, got ${bytes.length}`);
  return (isIpv4Mapped(bytes, 0) ? formatIpv4(bytes, 12) : formatIpv6(bytes, 0)) as IpAddress;
}

/**
 * How many bits the prefix fixes.
 *
 * @example
 * ```ts
 * import { parseIpPrefix, prefixLength } from '@podlan/wire';
 *
 * prefixLength(parseIpPrefix('10.244.1.0/24')!); // => 24
 * ```
 */
export function prefixLength(prefix: IpPrefix | InterfaceAddress): number {
  return Number(prefix.slice(prefix.indexOf('/') + 1));
}

/**
 * What stands before the slash.
 *
 * @example
 * ```ts
 * import { parseIpPrefix, prefixAddress } from '@podlan/wire';
 *
 * prefixAddress(parseIpPrefix('10.244.1.0/24')!); // => '10.244.1.0'
 * ```
 */
export function prefixAddress(prefix: IpPrefix | InterfaceAddress): IpAddress {
  return prefix.slice(0, prefix.indexOf('/')) as IpAddress;
}

/** What {@link parsePrefixLength} answers for text that is no length. */
const NO_LENGTH = -1;
const DIGIT_0 = 48;

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
