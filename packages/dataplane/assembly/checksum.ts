/**
 * The Internet checksum (RFC 1071). One's complement addition does not care for byte order (section 2.B), so words are
 * added as they lie in memory; a range that holds its own checksum sums to all ones either way.
 */

/** Sum of an even number of bytes, folded to 16 bits. */
export function onesComplementSum(at: usize, bytes: u32): u32 {
  let sum: u32 = 0;
  for (let i: u32 = 0; i < bytes; i += 2) sum += load<u16>(at + i);
  sum = (sum & 0xffff) + (sum >> 16);
  return (sum & 0xffff) + (sum >> 16);
}

// @ts-ignore: decorator
@inline
export function checksumHolds(at: usize, bytes: u32): bool {
  return onesComplementSum(at, bytes) == 0xffff;
}
