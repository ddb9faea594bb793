/** TABLE_ROUTES: prefixes in rib.ts, and what is looked up in fib.ts, kept in step. */
import {
  ABSENT,
  BLOCK_SHIFT,
  DIRECT_BYTES,
  DONE,
  ENTRY_REFERENCE,
  FULL,
  LARGEST_INLINE_VALUE,
  LONGEST_PATH_BYTES,
  TABLE_ROUTES,
} from '../src/layout';
import { forgetAllAnswers, forgetAnswers } from './answers';
import { deriveFib } from './derive';
import { blockOf, cellOf, directOf, isChild, isReference } from './fib';
import { giveBlock, hasRoom, RUNS, takeBlock } from './heap';
import { tableLimit } from './memory';
import { paintPrefix } from './paint';
import { clearLeaves, findLeaf, matchParent, putLeaf, removeLeaf, rootOf, tableSize } from './rib';
import { nodesInUse } from './rib-node';
import { dropRuns, runBytes, runCount, runEntry } from './runs';

/**
 * Whether there is room for any one change. It replaces each block it touches by one that is at most a unit larger, so
 * twice the blocks in use, besides a path of new ones, is more than it can take.
 */
function hasRoomForChange(): bool {
  return hasRoom(2 * runBytes() + LONGEST_PATH_BYTES);
}

/** An entry that says this value, by itself or by a cell that holds it. */
function makeLeaf(value: u32): u32 {
  if (value <= <u32>LARGEST_INLINE_VALUE) return value + 1;
  const cell = takeBlock(RUNS, 1);
  store<u32>(cell, value);
  return <u32>ENTRY_REFERENCE | <u32>(cell >> BLOCK_SHIFT);
}

function dropLeaf(leaf: u32): void {
  if (isReference(leaf)) giveBlock(RUNS, cellOf(leaf), 1);
}

/** Adds a prefix or replaces its value: DONE, or FULL where table or memory have no room: nothing has changed. */
export function putRoute(family: i32, high: u64, low: u64, length: u32, value: u32): i32 {
  const before = findLeaf(TABLE_ROUTES, family, high, low, length);
  if (before == 0 && tableSize(TABLE_ROUTES) >= tableLimit(TABLE_ROUTES)) return FULL;
  if (!hasRoomForChange()) return FULL;
  const leaf = makeLeaf(value);
  if (leaf == before) return DONE;
  putLeaf(TABLE_ROUTES, family, high, low, length, leaf);
  if (family == 4) forgetAnswers(high, length);
  paintPrefix(TABLE_ROUTES, family, high, low, length, leaf);
  dropLeaf(before);
  return DONE;
}

/** As `putRoute`, but addresses are looked up as before until `deriveRoutes`. */
export function putRouteUnseen(family: i32, high: u64, low: u64, length: u32, value: u32): i32 {
  const before = findLeaf(TABLE_ROUTES, family, high, low, length);
  if (before == 0 && tableSize(TABLE_ROUTES) >= tableLimit(TABLE_ROUTES)) return FULL;
  if (!hasRoom(LONGEST_PATH_BYTES)) return FULL;
  putLeaf(TABLE_ROUTES, family, high, low, length, makeLeaf(value));
  dropLeaf(before);
  return DONE;
}

/** Makes what is looked up from the prefixes anew: DONE, or FULL with nothing changed. */
export function deriveRoutes(): i32 {
  // A prefix begins at most two runs; a node has its bitmap, a run that was there before, and a unit's rest.
  if (!hasRoom(<u64>tableSize(TABLE_ROUTES) * 8 + <u64>nodesInUse * 28)) return FULL;
  for (let family = 4; family <= 6; family += 2) {
    clearFib(family);
    deriveFib(TABLE_ROUTES, family);
  }
  return DONE;
}

/** Takes a prefix out: DONE, ABSENT, or FULL where memory has no room for what takes its place: nothing has changed. */
export function removeRoute(family: i32, high: u64, low: u64, length: u32): i32 {
  const leaf = findLeaf(TABLE_ROUTES, family, high, low, length);
  if (leaf == 0) return ABSENT;
  if (!hasRoomForChange()) return FULL;
  const parent = matchParent(TABLE_ROUTES, family, high, low, length);
  if (family == 4) forgetAnswers(high, length);
  if (parent != leaf) paintPrefix(TABLE_ROUTES, family, high, low, length, parent);
  removeLeaf(TABLE_ROUTES, family, high, low, length);
  dropLeaf(leaf);
  return DONE;
}

function dropBelow(entry: u32): void {
  if (!isChild(entry)) return;
  const block = blockOf(entry);
  const runs = runCount(block);
  for (let run: u32 = 0; run < runs; run++) dropBelow(runEntry(block, run));
  dropRuns(block);
}

function clearFib(family: i32): void {
  if (rootOf(TABLE_ROUTES, family) == 0) return;
  if (family == 4) forgetAllAnswers();
  const direct = directOf(family);
  for (let at = direct; at < direct + DIRECT_BYTES; at += 4) dropBelow(load<u32>(at));
  memory.fill(direct, 0, DIRECT_BYTES);
}

export function clearRoutes(): void {
  clearFib(4);
  clearFib(6);
  clearLeaves(TABLE_ROUTES, dropLeaf);
}
