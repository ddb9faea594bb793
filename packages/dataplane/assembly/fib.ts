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

/**
 * The entry of a slot in a node. `inverse` shifts the bits beyond the slot's out of the bitmap; only its last 6 bits
 * count.
 */
// @ts-ignore: decorator
@inline
function entryBelow(block: usize, inverse: u64): u32 {
  const rank = <usize>popcnt(load<u64>(block) << inverse);
  return load<u32>(block + (rank << 2), RUNS_HEADER - 4);
}

/** One level down where the entry is a child; any other entry as it is. */
// @ts-ignore: decorator
@inline
function step(entry: u32, inverse: u64): u32 {
  const mask = <u32>(<i32>entry >> 31);
  return entryBelow(blockOf(entry) & mask, inverse) | (entry & ~mask);
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

/** Addresses whose direct entries are read before anything else is. */
const AHEAD: usize = 64 * 4;

/** Reads the direct table for each, four at a time; the entries go to `values`. */
function beginAll4(addresses: usize, end: usize, values: usize): void {
  for (; addresses < end; addresses += 16, values += 16) {
    store<u32>(values, directEntry4(load<u32>(addresses)));
    store<u32>(values, directEntry4(load<u32>(addresses, 4)), 4);
    store<u32>(values, directEntry4(load<u32>(addresses, 8)), 8);
    store<u32>(values, directEntry4(load<u32>(addresses, 12)), 12);
  }
}

/** From the entries in `values` to values, four at a time. */
function finishAll4(addresses: usize, end: usize, values: usize): void {
  for (; addresses < end; addresses += 16, values += 16) {
    const a = load<u32>(addresses);
    const b = load<u32>(addresses, 4);
    const c = load<u32>(addresses, 8);
    const d = load<u32>(addresses, 12);
    let ea = step4(load<u32>(values), a);
    let eb = step4(load<u32>(values, 4), b);
    let ec = step4(load<u32>(values, 8), c);
    let ed = step4(load<u32>(values, 12), d);
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
  for (; addresses < end; addresses += AHEAD, values += AHEAD) {
    const part = min(addresses + AHEAD, end);
    beginAll4(addresses, part, values);
    finishAll4(addresses, part, values);
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
