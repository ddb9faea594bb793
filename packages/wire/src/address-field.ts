/** Addresses as fields of a packet that is being emitted. The wrong kind of address is the caller's mistake. */

import type { IpAddress } from './address.js';
import { writeIpv4 } from './ipv4-text.js';
import { writeIpv6 } from './ipv6-text.js';
import { type MacAddress, writeMac } from './mac.js';

export function putMac(what: string, mac: MacAddress, into: Uint8Array, at: number): void {
  if (!writeMac(mac, into, at)) throw expected(what, 'a MacAddress', mac);
}

export function putIpv4(what: string, address: IpAddress, into: Uint8Array, at: number): void {
  if (!writeIpv4(address, into, at)) throw expected(what, 'an IPv4 address', address);
}

export function putIpv6(what: string, address: IpAddress, into: Uint8Array, at: number): void {
  if (!writeIpv6(address, into, at)) throw expected(what, 'an IPv6 address', address);
}

export function expected(what: string, type: string, got: unknown): TypeError {
  return new TypeError(`${what}: expected ${type}, got ${got}`);
}
