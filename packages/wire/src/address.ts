/**
 * IP addresses, prefixes and MAC addresses as *canonical text*.
 *
 * An address that went through `parse…` here is a branded string: equal addresses are equal strings, so it can be
 * compared with `===`, used as a map key, printed, and put into JSON as it is. IPv6 text is RFC 5952.
 * The family lies inside the value; nothing in podlan has a v4 field beside a v6 field.
 */

import { hexOf } from './bytes.js';
import { formatIpv4, parseIpv4Text } from './ipv4-text.js';
import { formatIpv6, isIpv4Mapped, parseIpv6Text } from './ipv6-text.js';

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

export function parseIpAddress(text: string): IpAddress | undefined {
  const bytes = parseAnyText(text);
  return bytes && ipFromBytes(bytes);
}

/** Host bits are masked off: `10.244.1.7/24` is `10.244.1.0/24`. */
export function parseIpPrefix(text: string): IpPrefix | undefined {
  const parts = parseWithLength(text);
  if (!parts) return undefined;
  return `${ipFromBytes(maskBytes(parts.bytes, parts.length))}/${parts.length}` as IpPrefix;
}

/** Host bits are kept: `10.244.1.7/24` stays as it is. */
export function parseInterfaceAddress(text: string): InterfaceAddress | undefined {
  const parts = parseWithLength(text);
  return parts && (`${ipFromBytes(parts.bytes)}/${parts.length}` as InterfaceAddress);
}

const MAC = /^[0-9a-f]{2}(?::[0-9a-f]{2}){5}$/i;

export function parseMacAddress(text: string): MacAddress | undefined {
  return MAC.test(text) ? (text.toLowerCase() as MacAddress) : undefined;
}

export function familyOf(address: IpAddress | IpPrefix | InterfaceAddress): Family {
  return address.includes(':') ? 6 : 4;
}

/** 4 bytes or 16, in network order. */
export function ipToBytes(address: IpAddress): Uint8Array {
  const bytes = parseAnyText(address);
  if (!bytes) throw new TypeError(`ipToBytes: expected an IpAddress, got ${JSON.stringify(address)}`);
  return bytes;
}

export function ipFromBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length === 4) return formatIpv4(bytes) as IpAddress;
  if (bytes.length === 16) return formatIpv6(bytes) as IpAddress;
  throw new RangeError(`ipFromBytes: expected 4 or 16 bytes, got ${bytes.length}`);
}

/** Always 16 bytes: an IPv4 address as `::ffff:a.b.c.d` (RFC 4291, section 2.5.5.2). */
export function ipToMappedBytes(address: IpAddress): Uint8Array {
  const bytes = ipToBytes(address);
  if (bytes.length === 16) return bytes;
  const mapped = new Uint8Array(16);
  mapped.set([0xff, 0xff, ...bytes], 10);
  return mapped;
}

/** The inverse of {@link ipToMappedBytes}: `::ffff:a.b.c.d` becomes IPv4 again. */
export function ipFromMappedBytes(bytes: Uint8Array): IpAddress {
  if (bytes.length !== 16) throw new RangeError(`ipFromMappedBytes: expected 16 bytes, got ${bytes.length}`);
  return ipFromBytes(isIpv4Mapped(bytes) ? bytes.subarray(12) : bytes);
}

export function macToBytes(mac: MacAddress): Uint8Array {
  if (!MAC.test(mac)) throw new TypeError(`macToBytes: expected a MacAddress, got ${JSON.stringify(mac)}`);
  return Uint8Array.from(mac.split(':'), (octet) => Number.parseInt(octet, 16));
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

function parseAnyText(text: string): Uint8Array | undefined {
  return text.includes(':') ? parseIpv6Text(text) : parseIpv4Text(text);
}

const LENGTH = /^(?:0|[1-9][0-9]{0,2})$/;

function parseWithLength(text: string): { bytes: Uint8Array; length: number } | undefined {
  const [address, lengthText, ...junk] = text.split('/', 3);
  if (lengthText === undefined || junk.length > 0 || !LENGTH.test(lengthText)) return undefined;
  const bytes = parseAnyText(address!);
  const length = Number(lengthText);
  return bytes && length <= bytes.length * 8 ? { bytes, length } : undefined;
}

function maskBytes(bytes: Uint8Array, length: number): Uint8Array {
  return bytes.map((byte, index) => {
    const kept = Math.min(8, Math.max(0, length - index * 8));
    return byte & (0xff << (8 - kept));
  });
}
