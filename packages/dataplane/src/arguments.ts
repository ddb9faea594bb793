/** What callers give, checked: text to canonical text, and whole numbers. */
import { type IpAddress, type IpPrefix, parseIpAddress, parseIpPrefix } from '@podlan/wire';

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

/** `value` where it is a whole number from `least` to `most`, else a RangeError that says so. */
export function wholeNumber(name: string, value: number, least: number, most: number): number {
  if (Number.isInteger(value) && value >= least && value <= most) return value;
  throw new RangeError(`${name}: expected a whole number from ${least} to ${most}, got ${value}`);
}
