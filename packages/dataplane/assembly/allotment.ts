/**
 * Arithmetic of the prefixes in one node of six bits: each has an index from 1 to 127, as in a complete binary tree
 * (Hariguchi's allotment routing table; Knuth calls it a heap), and a node keeps them as bits of two words.
 *
 *   bits    length   index                     words: low, indexes 0…63    high, indexes 64…127
 *           0        1          0b1
 *   101     3        13         0b1101         a prefix's parent has the index shifted right by one
 *   101100  6        108        0b1101100      the 64 slots have the last 64 indexes
 */

// @ts-ignore: decorator
@inline
export function indexOf(slot: u32, length: u32): u32 {
  return (1 << length) | (slot >> (6 - length));
}

// @ts-ignore: decorator
@inline
function lengthOfIndex(index: u32): u32 {
  return 31 - <u32>clz(index);
}

/** The slots that the prefix contains, as a mask. */
export function slotsOf(index: u32): u64 {
  const length = lengthOfIndex(index);
  const width = 64 >> length;
  const ones = u64.MAX_VALUE >> (64 - width);
  return ones << ((index - (1 << length)) * width);
}

/** Indexes below 64 of the prefixes that contain a slot, the slot's own index not among them. */
// @ts-ignore: decorator
@inline
function indexesAbove(slot: u32): u64 {
  return (
    (<u64>1 << (32 + (slot >> 1))) |
    (<u64>1 << (16 + (slot >> 2))) |
    (<u64>1 << (8 + (slot >> 3))) |
    (<u64>1 << (4 + (slot >> 4))) |
    (<u64>1 << (2 + (slot >> 5))) |
    2
  );
}

/** The longest prefix that contains the slot, by its index; 0 if none does. */
// @ts-ignore: decorator
@inline
export function longestOver(low: u64, high: u64, slot: u32): u32 {
  if ((high >> slot) & 1) return 64 + slot;
  const above = low & indexesAbove(slot);
  return above == 0 ? 0 : 63 - <u32>clz(above);
}

/** The longest prefix that contains the one of this index and is not it; 0 if none does. */
export function longestAbove(low: u64, index: u32): u32 {
  for (let above = index >> 1; above != 0; above >>= 1) if ((low >> above) & 1) return above;
  return 0;
}

/** Each of the first 32 bits twice. */
function doubled(bits: u64): u64 {
  bits = (bits | (bits << 16)) & 0x0000ffff0000ffff;
  bits = (bits | (bits << 8)) & 0x00ff00ff00ff00ff;
  bits = (bits | (bits << 4)) & 0x0f0f0f0f0f0f0f0f;
  bits = (bits | (bits << 2)) & 0x3333333333333333;
  bits = (bits | (bits << 1)) & 0x5555555555555555;
  return bits | (bits << 1);
}

/** The slots that prefixes longer than `length` contain, as a mask. */
export function slotsOfLonger(low: u64, high: u64, length: u32): u64 {
  let slots: u64 = 0;
  for (let longer = length + 1; longer < 6; longer++) {
    const width: u64 = 1 << longer;
    slots = doubled(slots) | ((low >> width) & ((<u64>1 << width) - 1));
  }
  return length < 6 ? doubled(slots) | high : 0;
}
