/**
 * Lookups in batches. A step is taken by many addresses before any takes the next one: a step is short, so that the
 * processor has those of many addresses under way while one waits for memory, and what the next step needs is then in
 * the first cache.
 */
import { DIRECT_BITS, KEY_BYTES, STRIDE_BITS } from '../src/layout';
import {
  answersTrusted,
  ASKED_TOGETHER,
  judgeAnswers,
  keepAnswer,
  missed,
  missedAt,
  readAnswers,
  sampleAnswers,
} from './answers';
import {
  blockBelow,
  blockOf,
  descend,
  direct6,
  directEntry,
  directEntry4,
  entryBelow,
  entryOfRank,
  finish4,
  inverseSlot,
  isChild,
  unfinished,
  valueOf,
  WORD_LEVELS,
  wordBeyond,
} from './fib';
import { firstWord, loadWord, loadWords, secondWord } from './key';

// ---- IPv4: addresses as u32 in host order

/** How many addresses take a step together. */
const TOGETHER4: usize = ASKED_TOGETHER;
const bitmaps = memory.data(ASKED_TOGETHER * 8, 64);

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

function lookupAll4(addresses: usize, end: usize, values: usize): void {
  readDirect4(addresses, end, values);
  readBitmaps4(values, values + (end - addresses));
  readEntries4(addresses, end, values);
}

/** The entries of the addresses whose answers are not known. */
const missedEntries = memory.data(ASKED_TOGETHER * 4, 64);

/** From entries and bitmaps to the values of those missed. */
function settleMissed(count: u32): void {
  const end = <usize>count << 2;
  for (let i: usize = 0; i < end; i += 4) {
    const address = load<u32>(i, missed);
    let entry = entryBy(load<u64>(i << 1, bitmaps), load<u32>(i, missedEntries), address);
    if (unfinished(entry)) entry = finish4(entry, address);
    else keepAnswer(address, entry);
    store<u32>(load<u32>(i, missedAt), entry - 1);
  }
}

/** As `lookupAll4`, where many of the answers are known. */
function lookupKnown4(addresses: usize, end: usize, values: usize): void {
  const count = <u32>(end - addresses + 15) >> 4 << 2;
  const left = readAnswers(addresses, end, values);
  readDirect4(missed, missed + (<usize>left << 2), missedEntries);
  readBitmaps4(missedEntries, missedEntries + (<usize>left << 2));
  settleMissed(left);
  judgeAnswers(count, count - left);
}

/** Counts up to the next multiple of four. */
export function lookupAddresses4(addresses: usize, values: usize, count: u32): void {
  const end = addresses + (<usize>count << 2);
  for (let from = addresses; from < end; from += 4 * TOGETHER4, values += 4 * TOGETHER4) {
    const part = min(from + 4 * TOGETHER4, end);
    if (answersTrusted) lookupKnown4(from, part, values);
    else lookupAll4(from, part, values);
  }
  if (!answersTrusted) sampleAnswers(addresses, count);
}

// ---- IPv6: addresses as 16 bytes in network order
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
    const both = loadWords(key);
    const high = firstWord(both);
    const entry = directEntry(direct6, high);
    store<u64>(words + (<usize>i << 3), wordBeyond(high, secondWord(both)));
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
