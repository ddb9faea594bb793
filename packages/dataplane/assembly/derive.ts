/**
 * The whole forwarding table from the prefixes, in order of address: after many were added at once, this is quicker than
 * painting each, and leaves every block as large as it has to be and next to its neighbour.
 */
import { BLOCK_SHIFT, DIRECT_BITS, ENTRY_CHILD, STRIDE_BITS } from '../src/layout';
import { longestOver } from './allotment';
import { directOf } from './fib';
import { rootOf } from './rib';
import { childOf, hasChild, highIndexes, leafOf, lowIndexes } from './rib-node';
import { makeRunsOf } from './runs';

const SLOTS_BYTES: usize = 64 * 4;
/** The entries of a node being made, for each level below the direct table. */
const scratch = memory.data(19 * 64 * 4);

/** The leaf of the slot's addresses that no deeper node decides. */
// @ts-ignore: decorator
@inline
function leafOfSlot(node: usize, slot: u32, inherited: u32): u32 {
  const index = longestOver(lowIndexes(node), highIndexes(node), slot);
  return index == 0 ? inherited : leafOf(node, index);
}

/** The entry for a node below the direct table; `inherited` is the leaf of what its prefixes leave. */
function entryFor(node: usize, level: u32, inherited: u32): u32 {
  const entries = scratch + <usize>level * SLOTS_BYTES;
  let differ = false;
  for (let slot: u32 = 0; slot < 64; slot++) {
    const leaf = leafOfSlot(node, slot, inherited);
    const entry = hasChild(node, slot) ? entryFor(childOf(node, slot), level + 1, leaf) : leaf;
    store<u32>(entries + (<usize>slot << 2), entry);
    if (entry != load<u32>(entries)) differ = true;
  }
  return differ ? <u32>ENTRY_CHILD | <u32>(makeRunsOf(entries) >> BLOCK_SHIFT) : load<u32>(entries);
}

/** Fills the direct table from `at` on with what a node at `bit` says. */
function fillDirect(at: usize, node: usize, bit: u32, inherited: u32): void {
  const width: usize = 4 << (DIRECT_BITS - STRIDE_BITS - bit);
  for (let slot: u32 = 0; slot < 64; slot++, at += width) {
    const leaf = leafOfSlot(node, slot, inherited);
    const child = hasChild(node, slot) ? childOf(node, slot) : 0;
    if (child == 0) for (let to = at; to < at + width; to += 4) store<u32>(to, leaf);
    else if (width > 4) fillDirect(at, child, bit + STRIDE_BITS, leaf);
    else store<u32>(at, entryFor(child, 0, leaf));
  }
}

/** The family's direct table must be there, and everything it led to given back. */
export function deriveFib(table: i32, family: i32): void {
  const root = rootOf(table, family);
  if (root != 0) fillDirect(directOf(family), root, 0, 0);
}
