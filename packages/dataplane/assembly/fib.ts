/**
 * The forwarding table: what is looked up, derived from the prefixes of rib.ts. A direct table answers by the first 18
 * bits; where longer prefixes differ, a node of 64 run-length slots (runs.ts) decides the next 6 bits, and so on.
 *
 *   entry   0                        no prefix
 *           00 value + 1             a value below 2^30 - 1
 *           01 cell address >> 4     a larger value, which the cell holds
 *           1  block address >> 4    longer prefixes decide
 *
 * An entry that is no block, as a mask of its first bit says, leads to address 0, where zeros are. So a lookup takes the
 * same steps for short and long prefixes, without a branch to mispredict.
 */
import {
  BLOCK_SHIFT,
  DIRECT_BITS,
  DIRECT_BYTES,
  ENTRY_REFERENCE,
  MISS,
  RUNS_HEADER,
  STRIDE_BITS,
} from '../src/layout';

const DIRECT_SHIFT: u64 = 64 - DIRECT_BITS;
/** Levels whose slots all lie in one word: bits 18…77. */
export const WORD_LEVELS: i32 = 10;

/** At fixed addresses, so that a lookup adds nothing to an index but its own scale. */
const direct4 = memory.data(DIRECT_BYTES, 64);
export const direct6 = memory.data(DIRECT_BYTES, 64);

// @ts-ignore: decorator
@inline
export function directOf(family: i32): usize {
  return family == 4 ? direct4 : direct6;
}

// @ts-ignore: decorator
@inline
export function isChild(entry: u32): bool {
  return <i32>entry < 0;
}

// @ts-ignore: decorator
@inline
export function blockOf(entry: u32): usize {
  return entry << BLOCK_SHIFT;
}

/** The node that an entry leads to; 0, where zeros are, if it leads to none. */
// @ts-ignore: decorator
@inline
export function blockBelow(entry: u32): usize {
  return blockOf(entry) & <usize>(<i32>entry >> 31);
}

/** The entry of a run of the node that an entry leads to, or the entry itself. `rank` counts from 1. */
// @ts-ignore: decorator
@inline
export function entryOfRank(entry: u32, rank: usize): u32 {
  return load<u32>(blockBelow(entry) + (rank << 2), RUNS_HEADER - 4) | (entry & ~<u32>(<i32>entry >> 31));
}

/**
 * One level down where the entry is a child; any other entry as it is. `inverse` shifts the bits beyond the slot's out
 * of the bitmap; only its last 6 bits count.
 */
// @ts-ignore: decorator
@inline
function step(entry: u32, inverse: u64): u32 {
  return entryOfRank(entry, <usize>popcnt(load<u64>(blockBelow(entry)) << inverse));
}

/** The same, of an entry that is a child. */
// @ts-ignore: decorator
@inline
export function entryBelow(block: usize, inverse: u64): u32 {
  return load<u32>(block + (<usize>popcnt(load<u64>(block) << inverse) << 2), RUNS_HEADER - 4);
}

/** For the slot that the first bits of `word` name. */
// @ts-ignore: decorator
@inline
export function inverseSlot(word: u64): u64 {
  return ~word >> (64 - STRIDE_BITS);
}

/** The bits of a key that follow the direct table's. */
// @ts-ignore: decorator
@inline
export function wordBeyond(high: u64, low: u64): u64 {
  return (high << DIRECT_BITS) | (low >> DIRECT_SHIFT);
}

/** From an entry of this level (0: the direct table) down to a leaf. */
export function descend(entry: u32, word: u64, low: u64, level: i32): u32 {
  while (isChild(entry)) {
    if (level++ == WORD_LEVELS) word = low << (WORD_LEVELS * STRIDE_BITS + DIRECT_BITS - 64);
    entry = step(entry, inverseSlot(word));
    word <<= STRIDE_BITS;
  }
  return entry;
}

// @ts-ignore: decorator
@inline
export function isReference(leaf: u32): bool {
  return (leaf & <u32>ENTRY_REFERENCE) != 0;
}

// @ts-ignore: decorator
@inline
export function cellOf(leaf: u32): usize {
  return leaf << BLOCK_SHIFT;
}

/** MISS for the leaf 0. */
// @ts-ignore: decorator
@inline
export function valueOf(leaf: u32): u32 {
  return isReference(leaf) ? load<u32>(cellOf(leaf)) : leaf - 1;
}

// @ts-ignore: decorator
@inline
export function directEntry(direct: usize, high: u64): u32 {
  return load<u32>(direct + (<usize>(high >> DIRECT_SHIFT) << 2));
}

/** The value of the longest prefix of a key; MISS where there is none. */
// @ts-ignore: decorator
@inline
export function lookupKey(family: i32, high: u64, low: u64): u32 {
  return valueOf(descend(directEntry(directOf(family), high), wordBeyond(high, low), low, 0));
}

// ---- IPv4 addresses as u32 in host order

// @ts-ignore: decorator
@inline
export function directEntry4(address: u32): u32 {
  return load<u32>(direct4 + (<usize>(address >> (32 - DIRECT_BITS)) << 2));
}

// @ts-ignore: decorator
@inline
function step4(entry: u32, address: u32): u32 {
  return step(entry, ~<u64>(address >> (32 - DIRECT_BITS - STRIDE_BITS)));
}

/** As `lookupAddress4` where the answer is in an entry of the first two levels; else MISS. */
// @ts-ignore: decorator
@inline
export function lookupNear4(address: u32): u32 {
  let entry = directEntry4(address);
  if (isChild(entry)) entry = entryBelow(blockOf(entry), ~<u64>(address >> (32 - DIRECT_BITS - STRIDE_BITS)));
  return unfinished(entry) ? MISS : entry - 1;
}

/** An answer that is not in the first two levels, or not in an entry. */
export function finish4(entry: u32, address: u32): u32 {
  const word = <u64>address << (32 + DIRECT_BITS + STRIDE_BITS);
  return valueOf(descend(entry, word, 0, 1)) + 1;
}

// @ts-ignore: decorator
@inline
export function unfinished(entry: u32): bool {
  return entry >= <u32>ENTRY_REFERENCE;
}

/** As `lookupKey`, for an IPv4 address in host order. */
// @ts-ignore: decorator
@inline
export function lookupAddress4(address: u32): u32 {
  const entry = step4(directEntry4(address), address);
  return (unfinished(entry) ? finish4(entry, address) : entry) - 1;
}
