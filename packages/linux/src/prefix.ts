/** Arithmetic on prefixes and addresses at the edges of podlan: allocation, validation, overlap. Not for the hot path. */
import type { Family, InterfaceAddress, IpAddress, IpPrefix } from '@podlan/wire';
import { familyOf, ipFromBytes, ipToBytes, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';
import { IPv4, IPv4CidrRange, IPv4Prefix, IPv6, IPv6CidrRange, IPv6Prefix } from 'ip-num';

type Range = IPv4CidrRange | IPv6CidrRange;

const BITS: Record<Family, number> = { 4: 32, 6: 128 };

/** Whether all of `inner`, an address or a prefix, lies in `prefix`. Never across families. */
export function contains(prefix: IpPrefix, inner: IpAddress | IpPrefix): boolean {
  if (familyOf(prefix) !== familyOf(inner)) return false;
  const outerBounds = boundsOf(rangeOf(prefix));
  const innerBounds = boundsOf(rangeOf(asPrefix(inner)));
  return outerBounds.first <= innerBounds.first && innerBounds.last <= outerBounds.last;
}

/** Whether `a` and `b` have an address in common. */
export const overlaps = (a: IpPrefix, b: IpPrefix): boolean => contains(a, b) || contains(b, a);

/** How many addresses `prefix` holds, the first and the last included. */
export const addressCount = (prefix: IpPrefix): bigint => rangeOf(prefix).getSize();

/** The `n`th address of `prefix`; 0 is the network address itself. */
export function nthAddress(prefix: IpPrefix, n: number | bigint): IpAddress {
  const offset = BigInt(n);
  if (offset < 0n || offset >= addressCount(prefix)) {
    throw new RangeError(`n: expected 0 to ${addressCount(prefix) - 1n} in ${prefix}, got ${n}`);
  }
  return toAddress(familyOf(prefix), boundsOf(rangeOf(prefix)).first + offset);
}

/** The prefix an interface address is on: `10.244.1.1/24` is on `10.244.1.0/24`. */
export const prefixOf = (address: InterfaceAddress): IpPrefix => toPrefix(address, prefixLength(address));

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
  if (!Number.isInteger(length) || length < prefixLength(network) || length > BITS[family]) {
    throw new RangeError(`length: expected ${prefixLength(network)} to ${BITS[family]}, got ${length}`);
  }
  const step = 1n << BigInt(BITS[family] - length);
  const whole = boundsOf(rangeOf(network));
  const first = bounds.first === undefined ? whole.first : valueWithin(network, bounds.first);
  const last = bounds.last === undefined ? whole.last : valueWithin(network, bounds.last);
  for (let value = first - (first % step); value <= last; value += step) {
    yield toPrefix(toAddress(family, value), length);
  }
}

function valueWithin(network: IpPrefix, bound: IpAddress | IpPrefix): bigint {
  if (!contains(network, bound)) throw new RangeError(`expected a bound inside ${network}, got ${bound}`);
  return boundsOf(rangeOf(asPrefix(bound))).first;
}

const isPrefix = (text: IpAddress | IpPrefix): text is IpPrefix => text.includes('/');

const asPrefix = (text: IpAddress | IpPrefix): IpPrefix =>
  isPrefix(text) ? text : toPrefix(text, BITS[familyOf(text)]);

function toPrefix(address: IpAddress | InterfaceAddress, length: number): IpPrefix {
  const prefix = parseIpPrefix(`${address.split('/')[0]}/${length}`);
  if (prefix === undefined) throw new TypeError(`expected an address, got ${address}`);
  return prefix;
}

function rangeOf(prefix: IpPrefix): Range {
  const length = BigInt(prefixLength(prefix));
  const value = toValue(prefixAddress(prefix));
  return familyOf(prefix) === 4
    ? new IPv4CidrRange(new IPv4(value), new IPv4Prefix(length))
    : new IPv6CidrRange(new IPv6(value), new IPv6Prefix(length));
}

function boundsOf(range: Range): { first: bigint; last: bigint } {
  return { first: range.getFirst().getValue(), last: range.getLast().getValue() };
}

const toValue = (address: IpAddress): bigint =>
  ipToBytes(address).reduce((value, byte) => (value << 8n) | BigInt(byte), 0n);

function toAddress(family: Family, value: bigint): IpAddress {
  const bytes = new Uint8Array(BITS[family] / 8);
  for (let i = bytes.length - 1, rest = value; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return ipFromBytes(bytes);
}
