/** Longest-prefix match, obviously right: prefixes as text of bits, scanned one by one. */
import {
  familyOf,
  type IpAddress,
  type IpPrefix,
  ipToBytes,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';

/** `6:0010000000…`: the family first, so that no IPv4 prefix is one of an IPv6 address. */
export function bitsOf(address: IpAddress): string {
  const bytes = Array.from(ipToBytes(address), (byte) => byte.toString(2).padStart(8, '0'));
  return `${familyOf(address)}:${bytes.join('')}`;
}

export function prefixBits(prefix: IpPrefix): string {
  return bitsOf(prefixAddress(prefix)).slice(0, 2 + prefixLength(prefix));
}

export class LinearLpm<Value> {
  #rows: { readonly prefix: IpPrefix; readonly bits: string; readonly value: Value }[] = [];

  get size(): number {
    return this.#rows.length;
  }

  rows(): readonly { readonly prefix: IpPrefix; readonly value: Value }[] {
    return this.#rows;
  }

  /** IPv4 before IPv6, in order of address, shorter before longer: text of bits sorts so. */
  entries(): [IpPrefix, Value][] {
    const sorted = this.#rows.toSorted((a, b) => (padded(a.bits) < padded(b.bits) ? -1 : 1));
    return sorted.map(({ prefix, value }) => [prefix, value]);
  }

  insert(prefix: IpPrefix, value: Value): void {
    this.delete(prefix);
    this.#rows.push({ prefix, bits: prefixBits(prefix), value });
  }

  delete(prefix: IpPrefix): boolean {
    const before = this.#rows.length;
    this.#rows = this.#rows.filter((row) => row.prefix !== prefix);
    return this.#rows.length < before;
  }

  lookup(address: IpAddress): { prefix: IpPrefix; value: Value } | undefined {
    const bits = bitsOf(address);
    const matches = this.#rows.filter((row) => bits.startsWith(row.bits));
    const best = matches.sort((a, b) => b.bits.length - a.bits.length)[0];
    return best && { prefix: best.prefix, value: best.value };
  }
}

/** Zeros after the prefix, then its length. */
const padded = (bits: string) => bits.padEnd(130, '0') + String(bits.length).padStart(3, '0');
