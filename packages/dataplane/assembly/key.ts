/**
 * Keys of the longest-prefix match: 128 bits, the first bit of the address leftmost, in two u64.
 *
 *   10.244.1.0/24   high 0x0af40100_00000000   low 0   length 24
 *
 * Bits beyond a prefix's length are not looked at, whatever they are.
 */

/** Eight bytes in network order. */
// @ts-ignore: decorator
@inline
export function loadWord(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

/** Four bytes in network order, leftmost in a word: an IPv4 address as the high half of a key. */
// @ts-ignore: decorator
@inline
export function loadHalfWord(at: usize): u64 {
  return <u64>bswap<u32>(load<u32>(at)) << 32;
}

/** Bit `index` of a key, 0 leftmost. `index` 128 gives a bit, which nobody uses. */
// @ts-ignore: decorator
@inline
export function bitAt(high: u64, low: u64, index: u32): u32 {
  return <u32>((index < 64 ? high >> (63 - index) : low >> ((127 - index) & 63)) & 1);
}

/** How many leading bits two keys share, at most `limit`. */
// @ts-ignore: decorator
@inline
export function sharedLength(high: u64, low: u64, otherHigh: u64, otherLow: u64, limit: u32): u32 {
  const difference = high ^ otherHigh;
  // clz of 0 is 64: equal halves count in full.
  const shared = difference != 0 ? <u32>clz<u64>(difference) : 64 + <u32>clz<u64>(low ^ otherLow);
  return min(shared, limit);
}
