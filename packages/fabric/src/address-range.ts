/** Prefixes as ranges of whole numbers: what allocation has to add, align and compare. */
import {
  familyOf,
  type IpAddress,
  type IpPrefix,
  ipFromBytes,
  ipToBytes,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';

/** Addresses `start` to `end`, both within. */
export interface AddressRange {
  readonly start: bigint;
  readonly end: bigint;
}

export function addressBits(value: IpAddress | IpPrefix): 32 | 128 {
  return familyOf(value) === 4 ? 32 : 128;
}

export function addressToNumber(address: IpAddress): bigint {
  return ipToBytes(address).reduce((number, byte) => (number << 8n) | BigInt(byte), 0n);
}

export function numberToAddress(number: bigint, bits: 32 | 128): IpAddress {
  const bytes = new Uint8Array(bits / 8);
  for (let i = bytes.length - 1, rest = number; i >= 0; i--, rest >>= 8n) bytes[i] = Number(rest & 0xffn);
  return ipFromBytes(bytes);
}

export function rangeOf(prefix: IpPrefix): AddressRange {
  const start = addressToNumber(prefixAddress(prefix));
  return { start, end: start + sizeOf(addressBits(prefix), prefixLength(prefix)) - 1n };
}

/** How many addresses a prefix of `length` has. */
export function sizeOf(bits: 32 | 128, length: number): bigint {
  return 1n << BigInt(bits - length);
}

export function rangesOverlap(a: AddressRange, b: AddressRange): boolean {
  return a.start <= b.end && b.start <= a.end;
}

/** True when the two are of one family and share an address. */
export function prefixesOverlap(a: IpPrefix, b: IpPrefix): boolean {
  return familyOf(a) === familyOf(b) && rangesOverlap(rangeOf(a), rangeOf(b));
}

export function prefixHolds(prefix: IpPrefix, address: IpAddress): boolean {
  if (familyOf(prefix) !== familyOf(address)) return false;
  const number = addressToNumber(address);
  const range = rangeOf(prefix);
  return range.start <= number && number <= range.end;
}
