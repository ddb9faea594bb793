/** Arithmetic on prefixes and addresses at the edges of podlan: allocation, validation, overlap. Not for the hot path. */
import type { Family, InterfaceAddress, IpAddress, IpPrefix } from '@podlan/wire';
import { familyOf, ipFromBytes, ipToBytes, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import { IPv4Prefix, IPv6Prefix } from 'ip-num';

/** The first and the last address of a prefix, both within, as numbers. */
export interface PrefixBounds {
  readonly first: bigint;
  readonly last: bigint;
}

/** The bits of an address of that family: the length of a prefix that holds one address. */
export const addressBits = (text: IpAddress | IpPrefix): 32 | 128 => (familyOf(text) === 4 ? 32 : 128);

/** The address as one number; only numbers of one family compare. */
export const addressValue = (address: IpAddress): bigint =>
  ipToBytes(address).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

/** The inverse of {@link addressValue}. */
export function addressOfValue(family: Family, value: bigint): IpAddress {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  if (rest !== 0n)
    throw new RangeError(`value: expected the number of an IPv${family} address, got ${value}`);
  return ipFromBytes(bytes);
}

/** How many addresses a prefix of `length` holds. */
export function prefixSize(family: Family, length: number): bigint {
  // Its CidrRange knows this too, and first and last, but goes through binary text: too slow for a table of leases.
  const Prefix = family === 4 ? IPv4Prefix : IPv6Prefix;
  return new Prefix(BigInt(length)).toRangeSize();
}

export function boundsOf(text: IpAddress | IpPrefix): PrefixBounds {
  if (!isPrefix(text)) return { first: addressValue(text), last: addressValue(text) };
  const first = addressValue(prefixAddress(text));
  return { first, last: first + addressCount(text) - 1n };
}

/** Whether all of `inner`, an address or a prefix, lies in `prefix`. Never across families. */
export function contains(prefix: IpPrefix, inner: IpAddress | IpPrefix): boolean {
  if (familyOf(prefix) !== familyOf(inner)) return false;
  const outerBounds = boundsOf(prefix);
  const innerBounds = boundsOf(inner);
  return outerBounds.first <= innerBounds.first && innerBounds.last <= outerBounds.last;
}

/** Whether `a` and `b` have an address in common. */
export const overlaps = (a: IpPrefix, b: IpPrefix): boolean => contains(a, b) || contains(b, a);

/** How many addresses `prefix` holds, the first and the last included. */
export const addressCount = (prefix: IpPrefix): bigint => prefixSize(familyOf(prefix), prefixLength(prefix));

/** The `n`th address of `prefix`; 0 is the network address itself. */
export function nthAddress(prefix: IpPrefix, n: number | bigint): IpAddress {
  const offset = BigInt(n);
  if (offset < 0n || offset >= addressCount(prefix)) {
    throw new RangeError(`n: expected 0 to ${addressCount(prefix) - 1n} in ${prefix}, got ${n}`);
  }
  return addressOfValue(familyOf(prefix), boundsOf(prefix).first + offset);
}

/** The inverse of {@link nthAddress}: undefined for an address outside. */
export const offsetOf = (prefix: IpPrefix, address: IpAddress): bigint | undefined =>
  contains(prefix, address) ? addressValue(address) - boundsOf(prefix).first : undefined;

/** The prefix an interface address is on: `10.244.1.1/24` is on `10.244.1.0/24`. */
export const prefixOf = (address: InterfaceAddress): IpPrefix =>
  prefixAround(prefixAddress(address), prefixLength(address));

/** The prefix of `length` that holds `address`; it begins with it where the address is on such a boundary. */
export function prefixAround(address: IpAddress, length: number): IpPrefix {
  const prefix = parseIpPrefix(`${address}/${length}`);
  if (prefix === undefined) {
    throw new RangeError(`expected an address and a length up to its bits, got ${address} and ${length}`);
  }
  return prefix;
}

/** Where to begin and to end, both included: a subnet, or any address in it. */
export interface SubnetBounds {
  readonly first?: IpAddress | IpPrefix;
  readonly last?: IpAddress | IpPrefix;
}

/** The subnets of `network` of the given length, in order, made as they are asked for. */
export function* subnetsOf(
  network: IpPrefix,
  length: number,
  bounds: SubnetBounds = {},
): Generator<IpPrefix> {
  const family = familyOf(network);
  if (!Number.isInteger(length) || length < prefixLength(network) || length > addressBits(network)) {
    const expected = `expected ${prefixLength(network)} to ${addressBits(network)}`;
    throw new RangeError(`length: ${expected}, got ${length}`);
  }
  const step = prefixSize(family, length);
  const whole = boundsOf(network);
  const first = bounds.first === undefined ? whole.first : valueWithin(network, bounds.first);
  const last = bounds.last === undefined ? whole.last : valueWithin(network, bounds.last);
  for (let value = first - (first % step); value <= last; value += step) {
    yield prefixAround(addressOfValue(family, value), length);
  }
}

function valueWithin(network: IpPrefix, bound: IpAddress | IpPrefix): bigint {
  if (!contains(network, bound)) throw new RangeError(`expected a bound inside ${network}, got ${bound}`);
  return boundsOf(bound).first;
}

const isPrefix = (text: IpAddress | IpPrefix): text is IpPrefix => text.includes('/');
