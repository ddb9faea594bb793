/**
 * Arithmetic on prefixes and addresses at the edges of podlan: allocation, validation, overlap. Not for the hot path.
 * @module @podlan/linux/prefix
 */
import type { Family, InterfaceAddress, IpAddress, IpPrefix } from '@podlan/wire';
import { familyOf, ipFromBytes, ipToBytes, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import { IPv4Prefix, IPv6Prefix } from 'ip-num';

/** The first and the last address of a prefix, both within, as numbers. */
export interface PrefixBounds {
  readonly first: bigint;
  readonly last: bigint;
}

/**
 * The bits of an address of that family: the length of a prefix that holds one address.
 * @example
 * ```ts
 * import { addressBits } from '@podlan/linux/prefix';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * addressBits(parseIpAddress('10.244.1.5')!); // => 32
 * addressBits(parseIpPrefix('fd00:244::/48')!); // => 128
 * ```
 */
export const addressBits = (text: IpAddress | IpPrefix): 32 | 128 => (familyOf(text) === 4 ? 32 : 128);

/**
 * The address as one number, its first byte the most significant; only numbers of one family compare.
 * @example
 * ```ts
 * import { addressValue } from '@podlan/linux/prefix';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * addressValue(parseIpAddress('10.244.1.5')!); // => 0x0a_f4_01_05n
 * addressValue(parseIpAddress('::1')!); // => 1n
 * ```
 */
export function addressValue(address: IpAddress): bigint {
  const bytes = ipToBytes(address);
  let value = BigInt(wordAt(bytes, 0));
  for (let at = 4; at < bytes.length; at += 4) value = (value << 32n) | BigInt(wordAt(bytes, at));
  return value;
}

/** Four bytes as a number; a view on so few costs more than they do. */
const wordAt = (bytes: Uint8Array, at: number): number =>
  ((bytes[at]! << 24) | (bytes[at + 1]! << 16) | (bytes[at + 2]! << 8) | bytes[at + 3]!) >>> 0;

/**
 * The inverse of {@link addressValue}. Throws RangeError for a number that no address of the family has.
 * @example
 * ```ts
 * import { addressOfValue } from '@podlan/linux/prefix';
 *
 * addressOfValue(4, 0x0a_f4_01_05n); // => '10.244.1.5'
 * addressOfValue(6, 1n); // => '::1'
 * ```
 */
export function addressOfValue(family: Family, value: bigint): IpAddress {
  const bytes = new Uint8Array(family === 4 ? 4 : 16);
  let rest = value;
  for (let i = bytes.length - 1; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  if (rest !== 0n)
    throw new RangeError(`value: expected the number of an IPv${family} address, got ${value}`);
  return ipFromBytes(bytes);
}

/**
 * How many addresses a prefix of `length` bits holds.
 * @example
 * ```ts
 * import { prefixSize } from '@podlan/linux/prefix';
 *
 * prefixSize(4, 24); // => 256n
 * prefixSize(6, 64); // => 2n ** 64n
 * ```
 */
export function prefixSize(family: Family, length: number): bigint {
  const known = SIZES[family].get(length);
  if (known !== undefined) return known;
  // Its CidrRange knows this too, and first and last, but goes through binary text: too slow for a table of leases.
  const Prefix = family === 4 ? IPv4Prefix : IPv6Prefix;
  const size = new Prefix(BigInt(length)).toRangeSize();
  SIZES[family].set(length, size);
  return size;
}

const SIZES = { 4: new Map<number, bigint>(), 6: new Map<number, bigint>() };

/**
 * The first and the last address as numbers; of an address, itself twice.
 * @example
 * ```ts
 * import { boundsOf } from '@podlan/linux/prefix';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * boundsOf(parseIpPrefix('10.244.1.0/24')!); // => { first: 0x0a_f4_01_00n, last: 0x0a_f4_01_ffn }
 * ```
 */
export function boundsOf(text: IpAddress | IpPrefix): PrefixBounds {
  if (!isPrefix(text)) return { first: addressValue(text), last: addressValue(text) };
  const first = addressValue(prefixAddress(text));
  return { first, last: first + addressCount(text) - 1n };
}

/**
 * Whether all of `inner`, an address or a prefix, lies in `prefix`. Never across families.
 * @example
 * ```ts
 * import { contains } from '@podlan/linux/prefix';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const network = parseIpPrefix('10.244.0.0/16')!;
 * contains(network, parseIpAddress('10.244.1.5')!); // => true
 * contains(network, parseIpPrefix('10.0.0.0/8')!); // => false
 * contains(parseIpPrefix('::/0')!, parseIpAddress('10.244.1.5')!); // => false
 * ```
 */
export function contains(prefix: IpPrefix, inner: IpAddress | IpPrefix): boolean {
  if (familyOf(prefix) !== familyOf(inner)) return false;
  const outerBounds = boundsOf(prefix);
  const innerBounds = boundsOf(inner);
  return outerBounds.first <= innerBounds.first && innerBounds.last <= outerBounds.last;
}

/**
 * Whether `a` and `b` have an address in common.
 * @example
 * ```ts
 * import { overlaps } from '@podlan/linux/prefix';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const network = parseIpPrefix('10.244.0.0/16')!;
 * overlaps(network, parseIpPrefix('10.0.0.0/8')!); // => true
 * overlaps(network, parseIpPrefix('10.245.0.0/16')!); // => false
 * ```
 */
export const overlaps = (a: IpPrefix, b: IpPrefix): boolean => contains(a, b) || contains(b, a);

/**
 * How many addresses `prefix` holds, the first and the last included.
 * @example
 * ```ts
 * import { addressCount } from '@podlan/linux/prefix';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * addressCount(parseIpPrefix('10.244.1.0/24')!); // => 256n
 * ```
 */
export const addressCount = (prefix: IpPrefix): bigint => prefixSize(familyOf(prefix), prefixLength(prefix));

/**
 * The `n`th address of `prefix`; 0 is the network address itself. Throws RangeError for one that lies outside.
 * @example
 * ```ts
 * import { nthAddress } from '@podlan/linux/prefix';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const subnet = parseIpPrefix('10.244.1.0/24')!;
 * nthAddress(subnet, 0); // => '10.244.1.0'
 * nthAddress(subnet, 1); // => '10.244.1.1'
 * ```
 */
export function nthAddress(prefix: IpPrefix, n: number | bigint): IpAddress {
  const offset = BigInt(n);
  if (offset < 0n || offset >= addressCount(prefix)) {
    throw new RangeError(`n: expected 0 to ${addressCount(prefix) - 1n} in ${prefix}, got ${n}`);
  }
  return addressOfValue(familyOf(prefix), boundsOf(prefix).first + offset);
}

/**
 * The inverse of {@link nthAddress}: undefined for an address outside.
 * @example
 * ```ts
 * import { offsetOf } from '@podlan/linux/prefix';
 * import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
 *
 * const subnet = parseIpPrefix('10.244.1.0/24')!;
 * offsetOf(subnet, parseIpAddress('10.244.1.7')!); // => 7n
 * offsetOf(subnet, parseIpAddress('10.244.2.7')!); // => undefined
 * ```
 */
export const offsetOf = (prefix: IpPrefix, address: IpAddress): bigint | undefined =>
  contains(prefix, address) ? addressValue(address) - boundsOf(prefix).first : undefined;

/**
 * The prefix an interface address is on.
 * @example
 * ```ts
 * import { prefixOf } from '@podlan/linux/prefix';
 * import { parseInterfaceAddress } from '@podlan/wire';
 *
 * prefixOf(parseInterfaceAddress('10.244.1.1/24')!); // => '10.244.1.0/24'
 * ```
 */
export const prefixOf = (address: InterfaceAddress): IpPrefix =>
  prefixAround(prefixAddress(address), prefixLength(address));

/**
 * The prefix of `length` bits that holds `address`; it begins with it where the address is on such a boundary. Throws
 * RangeError for a length that the family does not have.
 * @example
 * ```ts
 * import { prefixAround } from '@podlan/linux/prefix';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * prefixAround(parseIpAddress('10.244.1.7')!, 24); // => '10.244.1.0/24'
 * ```
 */
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

/**
 * The subnets of `network` of the given length, in order, made as they are asked for. Throws RangeError where `length`
 * is not from the network's own to the bits of an address, or a bound lies outside.
 * @example
 * ```ts
 * import { subnetsOf } from '@podlan/linux/prefix';
 * import { parseIpPrefix } from '@podlan/wire';
 *
 * const network = parseIpPrefix('10.244.0.0/16')!;
 * const [, second] = subnetsOf(network, 24);
 * second; // => '10.244.1.0/24'
 *
 * const last = parseIpPrefix('10.244.9.0/24')!;
 * [...subnetsOf(network, 21, { last })]; // => ['10.244.0.0/21', '10.244.8.0/21']
 * ```
 */
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
