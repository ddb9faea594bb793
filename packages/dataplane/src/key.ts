/** From addresses and prefixes, as text, to the module's keys. Text that is none is a TypeError. */
import {
  familyOf,
  type IpAddress,
  type IpPrefix,
  ipToBytes,
  parseIpAddress,
  parseIpPrefix,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { KEY_BYTES } from './layout.js';

/** The canonical prefix: host bits zero, so that equal prefixes are equal strings. */
export function canonicalPrefix(text: string): IpPrefix {
  const prefix = parseIpPrefix(text);
  if (prefix === undefined)
    throw new TypeError(`prefix: expected 10.244.0.0/16 or fd00::/48, got ${quote(text)}`);
  return prefix;
}

export function canonicalAddress(text: string): IpAddress {
  const address = parseIpAddress(text);
  if (address === undefined) throw new TypeError(`address: expected an IP address, got ${quote(text)}`);
  return address;
}

function quote(value: unknown): string {
  return JSON.stringify(value) ?? String(value);
}

/** Writes an address left-aligned at `at`; returns its family. */
export function writeAddress(key: Uint8Array, address: IpAddress, at = 0): number {
  key.fill(0, at, at + KEY_BYTES);
  key.set(ipToBytes(address), at);
  return familyOf(address);
}

/** Writes a prefix's address; returns what else the module asks for. */
export function writePrefix(key: Uint8Array, prefix: IpPrefix): { family: number; length: number } {
  return { family: writeAddress(key, prefixAddress(prefix)), length: prefixLength(prefix) };
}

/** `value` where it is a whole number from `least` to `most`, else a RangeError that says so. */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got ${value}`);
}
