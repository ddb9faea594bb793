/** What follows from an address on a device: its scope, who else hears what is sent there, and EUI-64. */
import { addressBits, addressCount, addressOfValue, boundsOf, prefixOf } from '@podlan/linux/prefix';
import {
  familyOf,
  type InterfaceAddress,
  type IpPrefix,
  ipFromBytes,
  type MacAddress,
  macToBytes,
  prefixAddress,
} from '@podlan/wire';

/** An address on a device. */
export interface DeviceAddress {
  readonly dev: string;
  readonly address: InterfaceAddress;
  readonly scope: 'global' | 'link' | 'host';
}

export const hostPrefix = (address: InterfaceAddress): IpPrefix =>
  `${prefixAddress(address)}/${addressBits(prefixAddress(address))}` as IpPrefix;

export function scopeOf(address: InterfaceAddress): DeviceAddress['scope'] {
  if (address.startsWith('fe80:') || address.startsWith('169.254.')) return 'link';
  return address.startsWith('127.') || address === '::1/128' ? 'host' : 'global';
}

/** The last address of an IPv4 subnet that is large enough to have one for all. */
export function broadcastOf(address: InterfaceAddress): IpPrefix | undefined {
  const prefix = prefixOf(address);
  if (familyOf(address) === 6 || addressCount(prefix) <= 2n) return undefined;
  return `${addressOfValue(4, boundsOf(prefix).last)}/32` as IpPrefix;
}

/** EUI-64 (RFC 4291, appendix A). */
export function linkLocalOf(mac: MacAddress): InterfaceAddress {
  const bytes = [...macToBytes(mac)];
  const identifier = [bytes[0]! ^ 2, ...bytes.slice(1, 3), 0xff, 0xfe, ...bytes.slice(3)];
  const address = ipFromBytes(Uint8Array.of(0xfe, 0x80, 0, 0, 0, 0, 0, 0, ...identifier));
  return `${address}/64` as InterfaceAddress;
}
