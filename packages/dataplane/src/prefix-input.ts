/**
 * Addresses and prefixes as callers have them, to the module's keys: text, bytes in network order, or objects of ip-num
 * (known by their methods, so that nothing here depends on it). Nothing is allocated for text and bytes.
 */
import { parsePrefixLength, writeIp } from '@podlan/wire';
import { KEY_BYTES } from './layout.js';

/** An `IPv4` or `IPv6` of ip-num. */
export interface IpNumAddress {
  readonly bitSize: number;
  getValue(): bigint;
}

/** An `IPv4CidrRange` or `IPv6CidrRange` of ip-num. */
export interface IpNumPrefix {
  getFirst(): IpNumAddress;
  getPrefix(): { getValue(): bigint };
}

/** Text, 4 or 16 bytes in network order, or an object of ip-num. */
export type AddressInput = string | Uint8Array | IpNumAddress;

/** Text as `10.244.0.0/16`, bytes and a length, or an object of ip-num. Host bits are masked off. */
export type PrefixInput = string | { readonly address: Uint8Array; readonly length: number } | IpNumPrefix;

/** A prefix in a number, so that none is allocated: its family and length. */
export type Shape = number;
export const shapeOf = (family: number, length: number): Shape => family * 256 + length;
export const familyIn = (shape: Shape): number => shape >> 8;
export const lengthIn = (shape: Shape): number => shape & 255;

/** Writes an address to the key, left-aligned, zeros after it; returns its family. Anything else is a TypeError. */
export function writeAddressInput(key: Uint8Array, address: AddressInput): number {
  const family = tryWriteAddress(key, address);
  if (family !== 0) return family;
  throw new TypeError(`address: expected an IP address as text, 4 or 16 bytes, got ${quote(address)}`);
}

function tryWriteAddress(key: Uint8Array, address: AddressInput): number {
  if (typeof address === 'string') return writeText(key, address, address.length);
  if (address instanceof Uint8Array) return writeBytes(key, address);
  return typeof address?.getValue === 'function' ? writeIpNum(key, address) : 0;
}

/** Writes a prefix's address to the key, host bits zero; returns its shape. Anything else is a TypeError. */
export function writePrefixInput(key: Uint8Array, prefix: PrefixInput): Shape {
  const shape = typeof prefix === 'string' ? writePrefixText(key, prefix) : writePrefixObject(key, prefix);
  if (shape === 0) throw notAPrefix(prefix);
  clearHostBits(key, lengthIn(shape));
  return shape;
}

function writePrefixText(key: Uint8Array, text: string): Shape {
  const slash = text.indexOf('/');
  return slash < 0 ? 0 : checkedShape(writeText(key, text, slash), parsePrefixLength(text, slash + 1));
}

function writePrefixObject(key: Uint8Array, prefix: Exclude<PrefixInput, string>): Shape {
  if (prefix === null || typeof prefix !== 'object') return 0;
  if ('getFirst' in prefix) {
    return checkedShape(writeIpNum(key, prefix.getFirst()), Number(prefix.getPrefix().getValue()));
  }
  const { address, length } = prefix;
  return address instanceof Uint8Array ? checkedShape(writeBytes(key, address), length) : 0;
}

function checkedShape(family: number, length: number): Shape {
  const longest = family === 4 ? 32 : 128;
  return family !== 0 && Number.isInteger(length) && length >= 0 && length <= longest
    ? shapeOf(family, length)
    : 0;
}

function writeText(key: Uint8Array, text: string, to: number): number {
  const family = writeIp(text, key, 0, 0, to);
  if (family === 4) key.fill(0, 4, KEY_BYTES);
  return family;
}

function writeBytes(key: Uint8Array, bytes: Uint8Array): number {
  if (bytes.length !== 4 && bytes.length !== 16) return 0;
  key.set(bytes);
  key.fill(0, bytes.length, KEY_BYTES);
  return bytes.length === 4 ? 4 : 6;
}

function writeIpNum(key: Uint8Array, address: IpNumAddress): number {
  let value = address.getValue();
  const bytes = address.bitSize / 8;
  if (bytes !== 4 && bytes !== 16) return 0;
  key.fill(0, bytes, KEY_BYTES);
  for (let at = bytes - 1; at >= 0; at--, value >>= 8n) key[at] = Number(value & 0xffn);
  return bytes === 4 ? 4 : 6;
}

/** Zeros all bits but the first `length` of 16 bytes. */
export function clearHostBits(key: Uint8Array, length: number): void {
  const whole = length >> 3;
  if (whole === KEY_BYTES) return;
  key[whole]! &= 0xff00 >> (length & 7);
  key.fill(0, whole + 1, KEY_BYTES);
}

function notAPrefix(got: unknown): TypeError {
  return new TypeError(`prefix: expected 10.244.0.0/16 or fd00::/48, got ${quote(got)}`);
}

function quote(value: unknown): string {
  if (value instanceof Uint8Array) return `${value.length} bytes`;
  return typeof value === 'string' ? JSON.stringify(value) : String(value);
}
