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
