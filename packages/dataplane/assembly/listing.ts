/** Prefixes in order of address, shorter before longer, a batch at a time from where the last one ended. */
import { AREA_LOOKUP_KEYS, AREA_LOOKUP_LENGTHS, AREA_LOOKUP_VALUES, KEY_BYTES, LOOKUP_BATCH, STRIDE_BITS } from '../src/layout';
import { indexOf } from './allotment';
import { valueOf } from './fib';
import { highWithSlot, lowOnesBeyond, lowWithSlot, onesBeyond, slotOf, storeWord } from './key';
import { areaStart } from './memory';
import { rootOf } from './rib';
import { childOf, hasChild, hasPrefix, leafOf } from './rib-node';

let count: u32 = 0;
/** Where listing stops: at a full batch, or at what was there when the listing left its bounds. */
let limit: u32 = 0;
/** Bits of a key that must be those of the prefix to list after. */
let boundHigh: u64 = 0;
let boundLow: u64 = 0;
/** The prefix after which the listing begins, or -1 where it begins with the first. */
let afterHigh: u64 = 0;
let afterLow: u64 = 0;
let afterLength: i32 = 0;

function emit(high: u64, low: u64, length: u32, leaf: u32): void {
  const key = areaStart(AREA_LOOKUP_KEYS) + <usize>count * KEY_BYTES;
  storeWord(key, high);
  storeWord(key + 8, low);
  store<u32>(areaStart(AREA_LOOKUP_VALUES) + (<usize>count << 2), valueOf(leaf));
  store<u8>(areaStart(AREA_LOOKUP_LENGTHS) + count, <u8>length);
  count++;
}

function isOutside(high: u64, low: u64): bool {
  return (((high ^ afterHigh) & boundHigh) | ((low ^ afterLow) & boundLow)) != 0;
}

/** The prefixes of a node that begin with a slot. `from`: only those longer than the listing begins after. */
function emitSlot(node: usize, bit: u32, slot: u32, high: u64, low: u64, after: i32): void {
  const shortest = slot == 0 ? (bit == 0 ? 0 : 1) : 6 - <u32>ctz(slot);
  for (let length = shortest; length <= 6 && count < limit; length++) {
    const index = indexOf(slot, length);
    if (<i32>(bit + length) > after && hasPrefix(node, index)) emit(high, low, bit + length, leafOf(node, index));
  }
}

/** Lists a node at `bit`, on the way to `high`, `low`; `seeking`: the listing's beginning lies in it. */
function listNode(node: usize, bit: u32, high: u64, low: u64, seeking: bool): void {
  const first = seeking ? slotOf(afterHigh, afterLow, bit) : 0;
  for (let slot = first; slot < 64 && count < limit; slot++) {
    const slotHigh = highWithSlot(high, bit, slot);
    const slotLow = lowWithSlot(low, bit, slot);
    const within = seeking && slot == first;
    // Where the beginning lies further on than the slot does, all that begin with the slot are behind it.
    const isBehind = within && (slotHigh != afterHigh || slotLow != afterLow);
    if (!within && isOutside(slotHigh, slotLow)) limit = count;
    if (!isBehind) emitSlot(node, bit, slot, slotHigh, slotLow, within ? afterLength : -1);
    if (count < limit && hasChild(node, slot)) listNode(childOf(node, slot), bit + STRIDE_BITS, slotHigh, slotLow, within);
  }
}

/**
 * Puts the prefixes that follow this one (length -1: the first ones) into AREA_LOOKUP_KEYS, AREA_LOOKUP_VALUES and
 * AREA_LOOKUP_LENGTHS, as long as their first `shared` bits are this one's; returns how many, at most LOOKUP_BATCH. Bits
 * of the key beyond the length have to be zero.
 */
export function listAfter(table: i32, family: i32, high: u64, low: u64, length: i32, shared: u32): u32 {
  count = 0;
  limit = LOOKUP_BATCH;
  boundHigh = ~onesBeyond(shared);
  boundLow = ~lowOnesBeyond(shared);
  afterHigh = high;
  afterLow = low;
  afterLength = length;
  const root = rootOf(table, family);
  if (root != 0) listNode(root, 0, 0, 0, length >= 0);
  return count;
}

/** As `listAfter`: the prefixes that contain a key, shortest first. */
export function listCovering(table: i32, family: i32, high: u64, low: u64): u32 {
  count = 0;
  let node = rootOf(table, family);
  for (let bit: u32 = 0; node != 0; bit += STRIDE_BITS) {
    const slot = slotOf(high, low, bit);
    for (let length: u32 = 0; length <= 6; length++) {
      const index = indexOf(slot, length);
      if (hasPrefix(node, index)) emit(high, low, bit + length, leafOf(node, index));
    }
    node = hasChild(node, slot) ? childOf(node, slot) : 0;
  }
  return count;
}
