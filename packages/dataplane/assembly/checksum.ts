/**
 * The Internet checksum (RFC 1071). One's complement addition does not care for byte order (section 2.B), so words are
 * added as they lie in memory; a range that holds its own checksum sums to all ones either way.
 *
 * Sums of payloads are made 16 bytes at a time: pairs of neighbouring 16-bit words are added into four 32-bit lanes.
 *
 *     | w0 | w1 | w2 | w3 | w4 | w5 | w6 | w7 |     16 bytes
 *     | w0 + w1 | w2 + w3 | w4 + w5 | w6 + w7 |     added to the lanes
 *
 * A lane takes at most 2 * 0xffff for 16 bytes, so ranges up to MAX_SLOT_BYTES cannot overflow it.
 */

/** A sum to 16 bits, its carries added in. */
export function fold(sum: u64): u32 {
  sum = (sum & 0xffffffff) + (sum >> 32);
  sum = (sum & 0xffff) + (sum >> 16);
  sum = (sum & 0xffff) + (sum >> 16);
  return <u32>((sum & 0xffff) + (sum >> 16));
}

/**
 * Whether a sum greater than 0 would fold to all ones: whether 0xffff divides it. Division by an odd number without
 * remainder is multiplication by its inverse modulo 2^64, and other products are too large (Hacker's Delight, 10-17).
 */
// @ts-ignore: decorator
@inline
export function isAllOnes(sum: u64): bool {
  return sum * 0xfffefffefffeffff <= u64.MAX_VALUE / 0xffff;
}

// @ts-ignore: decorator
@inline
function addWords(lanes: v128, words: v128): v128 {
  return i32x4.add(lanes, i32x4.extadd_pairwise_i16x8_u(words));
}

// @ts-ignore: decorator
@inline
function laneSum(lanes: v128): u64 {
  return (
    <u64>(<u32>i32x4.extract_lane(lanes, 0)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 1)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 2)) +
    <u64>(<u32>i32x4.extract_lane(lanes, 3))
  );
}

/** The last 0 to 15 bytes; an odd one counts as if a zero byte followed. */
function sumTail(at: usize, bytes: u32): u64 {
  let sum: u64 = 0;
  const end = at + bytes;
  if (bytes & 8) {
    sum += <u64>load<u32>(at) + <u64>load<u32>(at, 4);
    at += 8;
  }
  if (bytes & 4) {
    sum += load<u32>(at);
    at += 4;
  }
  if (bytes & 2) sum += load<u16>(at);
  if (bytes & 1) sum += load<u8>(end - 1);
  return sum;
}

/** Sum of any number of bytes, not folded. */
export function sumOf(at: usize, bytes: u32): u64 {
  let even = i32x4.splat(0);
  let odd = i32x4.splat(0);
  const end = at + bytes;
  for (; at + 32 <= end; at += 32) {
    even = addWords(even, v128.load(at));
    odd = addWords(odd, v128.load(at, 16));
  }
  if (at + 16 <= end) {
    even = addWords(even, v128.load(at));
    at += 16;
  }
  return laneSum(i32x4.add(even, odd)) + sumTail(at, <u32>(end - at));
}

/** Moves the last 0 to 15 bytes of a range, the last first. */
function moveTail(to: usize, from: usize, bytes: u32): void {
  if (bytes & 1) store<u8>(to + bytes - 1, load<u8>(from + bytes - 1));
  if (bytes & 2) store<u16>(to + (bytes & 12), load<u16>(from + (bytes & 12)));
  if (bytes & 4) store<u32>(to + (bytes & 8), load<u32>(from + (bytes & 8)));
  if (bytes & 8) store<u64>(to, load<u64>(from));
}

/** Moves a range at least 16 bytes up, over its own end if need be, and returns its sum. */
export function moveUpAndSum(to: usize, from: usize, bytes: u32): u64 {
  let even = i32x4.splat(0);
  let odd = i32x4.splat(0);
  let left = bytes & ~15;
  const sum = sumTail(from + left, bytes & 15);
  moveTail(to + left, from + left, bytes & 15);
  if (left & 16) {
    left -= 16;
    const words = v128.load(from + left);
    v128.store(to + left, words);
    even = addWords(even, words);
  }
  while (left != 0) {
    left -= 32;
    const low = v128.load(from + left);
    const high = v128.load(from + left, 16);
    v128.store(to + left, low);
    v128.store(to + left, high, 16);
    even = addWords(even, low);
    odd = addWords(odd, high);
  }
  return sum + laneSum(i32x4.add(even, odd));
}

/** Sum of an even number of bytes, folded to 16 bits: for headers, too short for vectors to help. */
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
