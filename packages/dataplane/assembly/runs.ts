/**
 * A node of the run-length trie: 64 slots, stored as runs of equal entries (Degermark, Brodnik, Carlsson, Pink, "Small
 * Forwarding Tables for Fast Routing Lookups", SIGCOMM 1997). One block holds it all, so that bitmap and entries mostly
 * share a cache line:
 *
 *   | bitmap u64: bit s is set where a run begins at slot s | entry u32 of each run … |
 *
 * Bit 0 is always set. The entry of a slot is that of the last run that begins at or before it: as many set bits as
 * there are up to the slot.
 */
import { BLOCK_UNIT, RUNS_HEADER } from '../src/layout';
import { giveBlock, RUNS, takeBlock, unitsFor } from './heap';

/** Bytes of all blocks in use. */
let inUse: u64 = 0;

export function runBytes(): u64 {
  return inUse;
}

/** Bits 0…slot-1. */
// @ts-ignore: decorator
@inline
function below(slot: u32): u64 {
  return slot > 63 ? u64.MAX_VALUE : (<u64>1 << slot) - 1;
}

// @ts-ignore: decorator
@inline
function bitmapOf(block: usize): u64 {
  return load<u64>(block);
}

// @ts-ignore: decorator
@inline
function entryAt(block: usize, run: u32): usize {
  return block + RUNS_HEADER + (<usize>run << 2);
}

// @ts-ignore: decorator
@inline
export function runCount(block: usize): u32 {
  return <u32>popcnt(bitmapOf(block));
}

// @ts-ignore: decorator
@inline
export function runEntry(block: usize, run: u32): u32 {
  return load<u32>(entryAt(block, run));
}

export function entryOfSlot(block: usize, slot: u32): u32 {
  return load<u32>(entryAt(block, <u32>popcnt(bitmapOf(block) & below(slot + 1)) - 1));
}

// @ts-ignore: decorator
@inline
function unitsForRuns(runs: u32): u32 {
  return unitsFor(RUNS_HEADER + (runs << 2));
}

function take(units: u32): usize {
  inUse += units * BLOCK_UNIT;
  return takeBlock(RUNS, units);
}

function give(block: usize, units: u32): void {
  inUse -= units * BLOCK_UNIT;
  giveBlock(RUNS, block, units);
}

/** A block with one run. */
export function makeRuns(entry: u32): usize {
  const block = take(unitsForRuns(1));
  store<u64>(block, 1);
  store<u32>(entryAt(block, 0), entry);
  return block;
}

/** A block for the entries of 64 slots at `entries`. */
export function makeRunsOf(entries: usize): usize {
  let bitmap: u64 = 1;
  for (let slot: u32 = 1; slot < 64; slot++) {
    const at = entries + (<usize>slot << 2);
    if (load<u32>(at) != load<u32>(at - 4)) bitmap |= <u64>1 << slot;
  }
  const block = take(unitsForRuns(<u32>popcnt(bitmap)));
  store<u64>(block, bitmap);
  for (let run: u32 = 0; bitmap != 0; bitmap &= bitmap - 1, run++) {
    store<u32>(entryAt(block, run), load<u32>(entries + (<usize>ctz(bitmap) << 2)));
  }
  return block;
}

export function dropRuns(block: usize): void {
  give(block, unitsForRuns(runCount(block)));
}

/**
 * Gives slots first…last this entry, and joins it with equal neighbours. Returns where the block is now.
 *
 *   old   | kept | …touched… | after |          kept: runs that begin before `first`
 *   new   | kept | entry? | right? | after |    after: runs that begin beyond `last + 1`
 */
export function setSlots(block: usize, first: u32, last: u32, entry: u32): usize {
  const bitmap = bitmapOf(block);
  const kept = <u32>popcnt(bitmap & below(first));
  const after = <u32>popcnt(bitmap & ~below(last + 2));
  const right = last < 63 ? entryOfSlot(block, last + 1) : entry;
  const begins = first == 0 || runEntry(block, kept - 1) != entry;
  const ends = right != entry;
  const runs = kept + u32(begins) + u32(ends) + after;
  const to = resized(block, kept, after, runs);
  store<u64>(to, withRun(bitmap, first, last, begins, ends));
  if (begins) store<u32>(entryAt(to, kept), entry);
  if (ends) store<u32>(entryAt(to, kept + u32(begins)), right);
  return to;
}

function withRun(bitmap: u64, first: u32, last: u32, begins: bool, ends: bool): u64 {
  const others = bitmap & ~(below(last + 2) & ~below(first));
  return others | (<u64>begins << first) | (ends ? <u64>1 << (last + 1) : 0);
}

/** Moves `kept` runs at the front and `after` ones at the back to where they belong among `runs`. */
function resized(block: usize, kept: u32, after: u32, runs: u32): usize {
  const count = runCount(block);
  const units = unitsForRuns(count);
  const to = unitsForRuns(runs) == units ? block : take(unitsForRuns(runs));
  if (to != block) memory.copy(entryAt(to, 0), entryAt(block, 0), kept << 2);
  memory.copy(entryAt(to, runs - after), entryAt(block, count - after), after << 2);
  if (to != block) give(block, units);
  return to;
}
