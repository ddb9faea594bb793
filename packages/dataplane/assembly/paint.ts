/**
 * Changes of the forwarding table. A change of one prefix gives another entry to every address of that prefix which no
 * longer prefix covers, and touches nothing else:
 *
 *   10.0.0.0/8    |----- paint -----|            |--- paint ---|
 *   longer ones                     |-- 10.1/16 -|
 *
 * Prefixes (rib.ts) and entries (fib.ts) take a key six bits at a time at the same bits, so both are walked together;
 * the first three levels of prefixes, 18 bits, stand for the direct table. The prefix has to be in its table.
 */
import { BLOCK_SHIFT, DIRECT_BITS, ENTRY_CHILD, STRIDE_BITS } from '../src/layout';
import { indexOf, slotsOf, slotsOfLonger } from './allotment';
import { blockOf, directOf, isChild } from './fib';
import { slotOf } from './key';
import { bitOfLength, rootOf } from './rib';
import { childOf, childSlots, hasChild, highIndexes, lowIndexes } from './rib-node';
import { dropRuns, entryOfSlot, makeRuns, runCount, runEntry, setSlots } from './runs';

/** Slots of a node, of those in `mask`, that none of its prefixes longer than `length` cover. */
// @ts-ignore: decorator
@inline
function uncovered(node: usize, length: u32, mask: u64): u64 {
  return mask & ~slotsOfLonger(lowIndexes(node), highIndexes(node), length);
}

/** Slots that no prefix of the node covers: the default route's apart, its own are at least a bit long. */
// @ts-ignore: decorator
@inline
function uncoveredByAny(node: usize): u64 {
  return uncovered(node, 0, u64.MAX_VALUE);
}

/** The entry of a block of runs, which is given back where all its slots have come to be the same. */
function collapsed(block: usize): u32 {
  if (runCount(block) > 1) return <u32>ENTRY_CHILD | <u32>(block >> BLOCK_SHIFT);
  const entry = runEntry(block, 0);
  dropRuns(block);
  return entry;
}

/** What becomes of an entry when these slots of it are painted, beside a node of prefixes. */
function paintSlots(entry: u32, node: usize, slots: u64, leaf: u32): u32 {
  if (slots == u64.MAX_VALUE && childSlots(node) == 0 && !isChild(entry)) return leaf;
  let block = isChild(entry) ? blockOf(entry) : makeRuns(entry);
  let plain = slots & ~childSlots(node);
  while (plain != 0) {
    const first = <u32>ctz(plain);
    const last = first + <u32>ctz(~(plain >> first)) - 1;
    block = setSlots(block, first, last, leaf);
    plain = last == 63 ? 0 : plain & (u64.MAX_VALUE << (last + 1));
  }
  for (let below = slots & childSlots(node); below != 0; below &= below - 1) {
    const slot = <u32>ctz(below);
    const child = childOf(node, slot);
    block = setSlots(block, slot, slot, paintSlots(entryOfSlot(block, slot), child, uncoveredByAny(child), leaf));
  }
  return collapsed(block);
}

/** As `paintSlots`, of the node of a longer prefix somewhere below. */
function paintBelow(entry: u32, node: usize, bit: u32, high: u64, low: u64, length: u32, leaf: u32): u32 {
  const slot = slotOf(high, low, bit);
  if (length <= bit + STRIDE_BITS) return paintSlots(entry, node, slotsOfPrefix(node, slot, length - bit), leaf);
  const block = isChild(entry) ? blockOf(entry) : makeRuns(entry);
  const below = entryOfSlot(block, slot);
  const painted = paintBelow(below, childOf(node, slot), bit + STRIDE_BITS, high, low, length, leaf);
  return collapsed(setSlots(block, slot, slot, painted));
}

function slotsOfPrefix(node: usize, slot: u32, length: u32): u64 {
  return uncovered(node, length, slotsOf(indexOf(slot, length)));
}

/** Paints slots of a node above the direct table's last bit; its first slot begins at `at` in that table. */
function paintDirect(at: usize, node: usize, bit: u32, slots: u64, leaf: u32): void {
  const width: usize = 4 << (DIRECT_BITS - STRIDE_BITS - bit);
  for (; slots != 0; slots &= slots - 1) {
    const slot = <u32>ctz(slots);
    const from = at + <usize>slot * width;
    if (!hasChild(node, slot)) {
      for (let entry = from; entry < from + width; entry += 4) store<u32>(entry, leaf);
      continue;
    }
    const child = childOf(node, slot);
    if (width > 4) paintDirect(from, child, bit + STRIDE_BITS, uncoveredByAny(child), leaf);
    else store<u32>(from, paintSlots(load<u32>(from), child, uncoveredByAny(child), leaf));
  }
}

/** Gives the addresses whose longest prefix is this one a leaf. */
export function paintPrefix(table: i32, family: i32, high: u64, low: u64, length: u32, leaf: u32): void {
  const last = min<u32>(bitOfLength(length), DIRECT_BITS);
  let at = directOf(family);
  let node = rootOf(table, family);
  for (let bit: u32 = 0; bit < last; bit += STRIDE_BITS) {
    const slot = slotOf(high, low, bit);
    at += <usize>slot << (DIRECT_BITS - STRIDE_BITS - bit + 2);
    node = childOf(node, slot);
  }
  if (last < <u32>DIRECT_BITS) {
    paintDirect(at, node, last, slotsOfPrefix(node, slotOf(high, low, last), length - last), leaf);
  } else {
    store<u32>(at, paintBelow(load<u32>(at), node, DIRECT_BITS, high, low, length, leaf));
  }
}
