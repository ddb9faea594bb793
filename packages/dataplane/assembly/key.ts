/**
 * Keys of the longest-prefix match: 128 bits, the first bit of the address leftmost, in two u64. Tables take them six
 * bits at a time: the slot of a key at bit 0, 6, 12, … 126.
 *
 *   10.244.1.0/24   high 0x0af40100_00000000   low 0   length 24
 *
 * Bits beyond a prefix's length are not looked at, whatever they are.
 */
import { STRIDE_BITS } from '../src/layout';

/** Eight bytes in network order. */
// @ts-ignore: decorator
@inline
export function loadWord(at: usize): u64 {
  return bswap<u64>(load<u64>(at));
}

/** Two words, as `loadWord` reads each: in one vector, because a swap of eight bytes takes a dozen instructions. */
// @ts-ignore: decorator
@inline
export function loadWords(at: usize): v128 {
  const bytes = v128.load(at);
  return v128.shuffle<u8>(bytes, bytes, 7, 6, 5, 4, 3, 2, 1, 0, 15, 14, 13, 12, 11, 10, 9, 8);
}

// @ts-ignore: decorator
@inline
export function firstWord(words: v128): u64 {
  return i64x2.extract_lane(words, 0);
}

// @ts-ignore: decorator
@inline
export function secondWord(words: v128): u64 {
  return i64x2.extract_lane(words, 1);
}

/** As `loadWord` reads. */
// @ts-ignore: decorator
@inline
export function storeWord(at: usize, word: u64): void {
  store<u64>(at, bswap<u64>(word));
}

/** Four bytes in network order, leftmost in a word: an IPv4 address as the high half of a key. */
// @ts-ignore: decorator
@inline
export function loadHalfWord(at: usize): u64 {
  return <u64>bswap<u32>(load<u32>(at)) << 32;
}

/** Bit 60 begins in the high half and ends in the low one; beyond bit 127 there are zeros. */
// @ts-ignore: decorator
@inline
export function slotOf(high: u64, low: u64, bit: u32): u32 {
  const end = bit + STRIDE_BITS;
  if (end <= 64) return <u32>(high >> (64 - end)) & 63;
  if (bit < 64) return <u32>((high << (end - 64)) | (low >> (128 - end))) & 63;
  return <u32>(end <= 128 ? low >> (128 - end) : low << (end - 128)) & 63;
}

/** The high half of a key that is `high` before `bit` and has this slot there. */
// @ts-ignore: decorator
@inline
export function highWithSlot(high: u64, bit: u32, slot: u32): u64 {
  const end = bit + STRIDE_BITS;
  if (end <= 64) return high | (<u64>slot << (64 - end));
  return bit < 64 ? high | (<u64>slot >> (end - 64)) : high;
}

// @ts-ignore: decorator
@inline
export function lowWithSlot(low: u64, bit: u32, slot: u32): u64 {
  const end = bit + STRIDE_BITS;
  if (end <= 64) return low;
  return end <= 128 ? low | (<u64>slot << (128 - end)) : low | (<u64>slot >> (end - 128));
}

// The bits of a key beyond its first `length`, in the high half and in the low one.

// @ts-ignore: decorator
@inline
export function onesBeyond(length: u32): u64 {
  return length > 63 ? 0 : u64.MAX_VALUE >> length;
}

// @ts-ignore: decorator
@inline
export function lowOnesBeyond(length: u32): u64 {
  return length < 65 ? u64.MAX_VALUE : onesBeyond(length - 64);
}
