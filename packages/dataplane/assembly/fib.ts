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
  KEY_BYTES,
  RUNS_HEADER,
  STRIDE_BITS,
} from '../src/layout';
import { loadWord } from './key';

export const DIRECT_SHIFT: u64 = 64 - DIRECT_BITS;
/** Levels whose slots all lie in one word: bits 18…77. */
const WORD_LEVELS: i32 = 10;

/** At fixed addresses, so that a lookup adds nothing to an index but its own scale. */
const direct4 = memory.data(DIRECT_BYTES, 64);
const direct6 = memory.data(DIRECT_BYTES, 64);

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
function blockBelow(entry: u32): usize {
  return blockOf(entry) & <usize>(<i32>entry >> 31);
}

/** The entry of a run of the node that an entry leads to, or the entry itself. `rank` counts from 1. */
// @ts-ignore: decorator
@inline
function entryOfRank(entry: u32, rank: usize): u32 {
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
function entryBelow(block: usize, inverse: u64): u32 {
  return load<u32>(block + (<usize>popcnt(load<u64>(block) << inverse) << 2), RUNS_HEADER - 4);
}

/** For the slot that the first bits of `word` name. */
// @ts-ignore: decorator
@inline
function inverseSlot(word: u64): u64 {
  return ~word >> (64 - STRIDE_BITS);
}

/** The bits of a key that follow the direct table's. */
// @ts-ignore: decorator
@inline
function wordBeyond(high: u64, low: u64): u64 {
  return (high << DIRECT_BITS) | (low >> DIRECT_SHIFT);
}

/** From an entry of this level (0: the direct table) down to a leaf. */
function descend(entry: u32, word: u64, low: u64, level: i32): u32 {
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
function directEntry(direct: usize, high: u64): u32 {
  return load<u32>(direct + (<usize>(high >> DIRECT_SHIFT) << 2));
}

/** The value of the longest prefix of a key; MISS where there is none. */
// @ts-ignore: decorator
@inline
export function lookupKey(family: i32, high: u64, low: u64): u32 {
  return valueOf(descend(directEntry(directOf(family), high), wordBeyond(high, low), low, 0));
}

// ---- IPv4 in batches: addresses as u32 in host order

// @ts-ignore: decorator
@inline
function directEntry4(address: u32): u32 {
  return load<u32>(direct4 + (<usize>(address >> (32 - DIRECT_BITS)) << 2));
}

// @ts-ignore: decorator
@inline
function step4(entry: u32, address: u32): u32 {
  return step(entry, ~<u64>(address >> (32 - DIRECT_BITS - STRIDE_BITS)));
}

/** An answer that is not in the first two levels, or not in an entry. */
function finish4(entry: u32, address: u32): u32 {
  const word = <u64>address << (32 + DIRECT_BITS + STRIDE_BITS);
  return valueOf(descend(entry, word, 0, 1)) + 1;
}

// @ts-ignore: decorator
@inline
function unfinished(entry: u32): bool {
  return entry >= <u32>ENTRY_REFERENCE;
}

/**
 * How many addresses take a step before any takes the next. A step is short, so that the processor has those of many
 * addresses under way while one waits for memory; what the next one needs is then in the first cache.
 */
const TOGETHER4: usize = 256;
const bitmaps = memory.data(256 * 8, 64);

/** The entries of the direct table, to `values`. */
function readDirect4(addresses: usize, end: usize, values: usize): void {
  for (; addresses < end; addresses += 16, values += 16) {
    store<u32>(values, directEntry4(load<u32>(addresses)));
    store<u32>(values, directEntry4(load<u32>(addresses, 4)), 4);
    store<u32>(values, directEntry4(load<u32>(addresses, 8)), 8);
    store<u32>(values, directEntry4(load<u32>(addresses, 12)), 12);
  }
}

// @ts-ignore: decorator
@inline
function bitmapBelow(entry: u32): u64 {
  return load<u64>(blockBelow(entry));
}

/** The bitmaps of the nodes that the entries lead to; of other entries, zeros. */
function readBitmaps4(values: usize, end: usize): void {
  for (let to = bitmaps; values < end; values += 16, to += 32) {
    store<u64>(to, bitmapBelow(load<u32>(values)));
    store<u64>(to, bitmapBelow(load<u32>(values, 4)), 8);
    store<u64>(to, bitmapBelow(load<u32>(values, 8)), 16);
    store<u64>(to, bitmapBelow(load<u32>(values, 12)), 24);
  }
}

// @ts-ignore: decorator
@inline
function entryBy(bitmap: u64, entry: u32, address: u32): u32 {
  return entryOfRank(entry, <usize>popcnt(bitmap << ~<u64>(address >> (32 - DIRECT_BITS - STRIDE_BITS))));
}

/** From entries and bitmaps to values. */
function readEntries4(addresses: usize, end: usize, values: usize): void {
  for (let from = bitmaps; addresses < end; addresses += 16, values += 16, from += 32) {
    const a = load<u32>(addresses);
    const b = load<u32>(addresses, 4);
    const c = load<u32>(addresses, 8);
    const d = load<u32>(addresses, 12);
    let ea = entryBy(load<u64>(from), load<u32>(values), a);
    let eb = entryBy(load<u64>(from, 8), load<u32>(values, 4), b);
    let ec = entryBy(load<u64>(from, 16), load<u32>(values, 8), c);
    let ed = entryBy(load<u64>(from, 24), load<u32>(values, 12), d);
    if (unfinished(ea | eb | ec | ed)) {
      if (unfinished(ea)) ea = finish4(ea, a);
      if (unfinished(eb)) eb = finish4(eb, b);
      if (unfinished(ec)) ec = finish4(ec, c);
      if (unfinished(ed)) ed = finish4(ed, d);
    }
    store<u32>(values, ea - 1);
    store<u32>(values, eb - 1, 4);
    store<u32>(values, ec - 1, 8);
    store<u32>(values, ed - 1, 12);
  }
}

/** Counts up to the next multiple of four. */
export function lookupAddresses4(addresses: usize, values: usize, count: u32): void {
  const end = addresses + (<usize>count << 2);
  for (; addresses < end; addresses += 4 * TOGETHER4, values += 4 * TOGETHER4) {
    const part = min(addresses + 4 * TOGETHER4, end);
    readDirect4(addresses, part, values);
    readBitmaps4(values, values + (part - addresses));
    readEntries4(addresses, part, values);
  }
}

/** As `lookupKey`, for an IPv4 address in host order. */
// @ts-ignore: decorator
@inline
export function lookupAddress4(address: u32): u32 {
  const entry = step4(directEntry4(address), address);
  return (unfinished(entry) ? finish4(entry, address) : entry) - 1;
}

// ---- IPv6 in batches: addresses as 16 bytes in network order
//
// How deep an address leads differs from one to the next, so a level is taken by all that are not done yet before the
// next level is: their cache misses overlap, and no branch depends on a single address.

/** Addresses at once: what they need of memory stays in the first cache. */
const TOGETHER: u32 = 128;
/** The bits that are left of each address, and which ones are not done. */
const words = memory.data(128 * 8);
const undone = memory.data(128 * 4);

/** Reads the direct table for each; the entries go to `values`. Returns how many are not done. */
function beginAll6(addresses: usize, values: usize, count: u32): u32 {
  let left: u32 = 0;
  for (let i: u32 = 0; i < count; i++) {
    const key = addresses + <usize>i * KEY_BYTES;
    const high = loadWord(key);
    const entry = directEntry(direct6, high);
    store<u64>(words + (<usize>i << 3), wordBeyond(high, loadWord(key + 8)));
    store<u32>(values + (<usize>i << 2), entry);
    store<u32>(undone + (<usize>left << 2), i);
    left += u32(isChild(entry));
  }
  return left;
}

/** One level for all that are not done. */
function stepAll(values: usize, count: u32): u32 {
  let left: u32 = 0;
  for (let at: u32 = 0; at < count; at++) {
    const i = load<u32>(undone + (<usize>at << 2));
    const wordAt = words + (<usize>i << 3);
    const word = load<u64>(wordAt);
    const entry = entryBelow(blockOf(load<u32>(values + (<usize>i << 2))), inverseSlot(word));
    store<u64>(wordAt, word << STRIDE_BITS);
    store<u32>(values + (<usize>i << 2), entry);
    store<u32>(undone + (<usize>left << 2), i);
    left += u32(isChild(entry));
  }
  return left;
}

function finishKey(entry: u32, key: usize): u32 {
  return valueOf(descend(entry, 0, loadWord(key + 8), WORD_LEVELS));
}

function lookupTogether(addresses: usize, values: usize, count: u32): void {
  let left = beginAll6(addresses, values, count);
  for (let level = 0; left != 0 && level < WORD_LEVELS; level++) left = stepAll(values, left);
  for (let i: u32 = 0; i < count; i++) {
    const at = values + (<usize>i << 2);
    const entry = load<u32>(at);
    store<u32>(at, unfinished(entry) ? finishKey(entry, addresses + <usize>i * KEY_BYTES) : entry - 1);
  }
}

export function lookupAddresses6(addresses: usize, values: usize, count: u32): void {
  for (let from: u32 = 0; from < count; from += TOGETHER) {
    lookupTogether(addresses + <usize>from * KEY_BYTES, values + (<usize>from << 2), min(TOGETHER, count - from));
  }
}
