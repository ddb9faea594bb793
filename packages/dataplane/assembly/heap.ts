/**
 * Memory of the tables: blocks handed out from the end of the map, upwards. What is given back goes to the free list of
 * its size and is handed out again; nothing ever moves by itself. Each kind of block has slabs of its own: what lookups
 * read lies on few pages, not strewn among what only changes read, which costs misses of the TLB.
 *
 *   | areas … | slabs of either kind → | reserved | not there yet
 *   0                                  top        end
 *
 * A module that carries packets reserves everything at creation, because system calls hold addresses of its memory.
 */
import { BLOCK_UNIT, MAX_BLOCK_UNITS } from '../src/layout';

const PAGE_BYTES: u64 = 65536;
/** Where pages may be added, at least as many as this at once, or an eighth of what is there. */
const GROWTH_BYTES: u64 = 1 << 20;
const ADDRESSABLE: u64 = 0xffff0000;

/** Kinds of blocks: of prefixes, and of what is looked up. */
export const PREFIXES: i32 = 0;
export const RUNS: i32 = 1;

const SLAB_BYTES: u64 = 65536;
const LINE_BYTES: u32 = 64;
/** First free block by size in units, of each kind. */
const FREE_LISTS: usize = (MAX_BLOCK_UNITS + 1) * 4;
const freeBlocks = memory.data(2 * (MAX_BLOCK_UNITS + 1) * 4);
/** What is left of each kind's slab. */
const slabTops = memory.data(2 * 4);
const slabEnds = memory.data(2 * 4);

let top: u64 = 0;
let end: u64 = 0;
let grows = false;

/** Makes the heap begin at `start`, with room for `reserved` bytes. False: there is no such memory. */
export function startHeap(start: u64, reserved: u64, mayGrow: bool): bool {
  top = start;
  end = <u64>memory.size() * PAGE_BYTES;
  grows = true;
  const there = reserved == 0 ? reach(start) : hasRoom(reserved);
  grows = mayGrow;
  return there;
}

/** Makes memory reach up to an address, adding pages where that is possible. */
function reach(address: u64): bool {
  if (address <= end) return true;
  if (!grows || address > ADDRESSABLE) return false;
  const wanted = min(max(address, end + max(GROWTH_BYTES, end >> 3)), ADDRESSABLE);
  const pages = (wanted - end + PAGE_BYTES - 1) / PAGE_BYTES;
  if (memory.grow(<i32>pages) < 0) return false;
  end += pages * PAGE_BYTES;
  return true;
}

/** Whether blocks of this many bytes in all can be taken, whatever their sizes and kinds. */
export function hasRoom(bytes: u64): bool {
  // Up to a block may be lost at the end of each slab.
  return reach(top + bytes + (bytes >> 5) + 2 * SLAB_BYTES);
}

/** Memory that is never given back; zeros, because nobody has had it. The caller has asked `hasRoom`. */
function takeForGood(bytes: u64): usize {
  const at = top;
  top += bytes;
  if (top > end) unreachable();
  return <usize>at;
}

// @ts-ignore: decorator
@inline
function freeList(kind: i32, units: u32): usize {
  return freeBlocks + <usize>kind * FREE_LISTS + (<usize>units << 2);
}

/** A block of `units` times BLOCK_UNIT bytes, aligned to a unit, with anything in it. */
export function takeBlock(kind: i32, units: u32): usize {
  const link = freeList(kind, units);
  const block: usize = load<u32>(link);
  if (block == 0) return carve(kind, units * BLOCK_UNIT);
  store<u32>(link, load<u32>(block));
  return block;
}

/**
 * Skips the rest of a cache line that the block would only begin in: what fits one line is in one, and of a longer block
 * as much of its beginning as can be. The rest is for smaller blocks.
 */
function alignToLine(kind: i32, slabTop: usize, bytes: u32): void {
  const at = load<u32>(slabTop);
  const left: u32 = (LINE_BYTES - at) & (LINE_BYTES - 1);
  if (left == 0 || left >= bytes) return;
  store<u32>(slabTop, at + left);
  giveBlock(kind, at, left / BLOCK_UNIT);
}

function carve(kind: i32, bytes: u32): usize {
  const slabTop = slabTops + (<usize>kind << 2);
  const slabEnd = slabEnds + (<usize>kind << 2);
  alignToLine(kind, slabTop, bytes);
  if (load<u32>(slabTop) + bytes > load<u32>(slabEnd)) {
    const slab = takeForGood(SLAB_BYTES);
    store<u32>(slabTop, <u32>slab);
    store<u32>(slabEnd, <u32>slab + <u32>SLAB_BYTES);
  }
  const block = load<u32>(slabTop);
  store<u32>(slabTop, block + bytes);
  return block;
}

export function giveBlock(kind: i32, block: usize, units: u32): void {
  const link = freeList(kind, units);
  store<u32>(block, load<u32>(link));
  store<u32>(link, <u32>block);
}

/** How many units hold this many bytes. */
// @ts-ignore: decorator
@inline
export function unitsFor(bytes: u32): u32 {
  return (bytes + BLOCK_UNIT - 1) / BLOCK_UNIT;
}
