/** From keys of the module, and numbers, to the canonical text of prefixes. */
import { formatIpv4Number, type IpPrefix, ipFromBytes } from '@podlan/wire';
import { KEY_BYTES } from './layout.js';
import { clearHostBits } from './prefix-input.js';

/** The text of an IPv4 prefix of some address in host order. */
export function prefixText4(address: number, length: number): IpPrefix {
  const network = length === 0 ? 0 : (address & (0xffffffff << (32 - length))) >>> 0;
  return `${formatIpv4Number(network)}/${length}` as IpPrefix;
}

/** In host order. */
export function ipv4In(keys: Uint8Array, at: number): number {
  return ((keys[at]! << 24) | (keys[at + 1]! << 16) | (keys[at + 2]! << 8) | keys[at + 3]!) >>> 0;
}

/** The text of a prefix of some address. */
export function prefixText(keys: Uint8Array, at: number, family: number, length: number): IpPrefix {
  if (family === 4) return prefixText4(ipv4In(keys, at), length);
  const network = keys.slice(at, at + KEY_BYTES);
  clearHostBits(network, length);
  return `${ipFromBytes(network)}/${length}` as IpPrefix;
}
