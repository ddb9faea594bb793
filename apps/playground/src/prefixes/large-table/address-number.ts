/**
 * Addresses as numbers of their first bits, which JavaScript's maps take as keys: all 32 of IPv4, and the first 48 of
 * IPv6, beyond which the global table has next to no prefixes, and a generated one none.
 */
export type Family = 4 | 6;

export const ADDRESS_BITS = { 4: 32, 6: 48 } as const;
export const ADDRESS_BYTES = { 4: 4, 6: 16 } as const;

/** Writes an address; where it has more bits, they are left as they are. */
export function writeAddress(family: Family, address: number, into: Uint8Array, at = 0): void {
  for (let byte = ADDRESS_BITS[family] / 8 - 1, rest = address; byte >= 0; byte--) {
    into[at + byte] = rest % 256;
    rest = Math.floor(rest / 256);
  }
}
