/**
 * Answers of late: the entries (fib.ts) that the /24 prefixes asked for last lead to. In a large table a lookup waits
 * for memory two or three times; where traffic asks for some prefixes much more often than for others, most answers are
 * found here, in one step.
 *
 * A place for each value of the last bits of a /24. The tag, the bits before them, tells which /24 has the place:
 *
 *   address   | tag 6 | place 18 | 8 |          held at the place   | tag 6 | 0 | xor | entry + 1  26 |
 *
 * so that a zero is nobody's. Larger entries are not kept, nor what prefixes longer than /24 decide.
 *
 * Only large tables have it, and it is asked only while a sample of the traffic says that it pays. What is looked up
 * one at a time neither asks it nor fills it.
 */
import { ANSWERS_BYTES, ANSWERS_FROM, ANSWER_PLACE_BITS, MISS, TABLE_ROUTES } from '../src/layout';
import { lookupNear4 } from './fib';
import { tableSize } from './rib';

const PLACES: u32 = 1 << ANSWER_PLACE_BITS;
const PLACE_MASK: u32 = PLACES - 1;
const TAG_SHIFT: u32 = ANSWER_PLACE_BITS + 8;
const TAG_MASK: u32 = u32.MAX_VALUE << TAG_SHIFT;
const LARGEST_ENTRY: u32 = (1 << TAG_SHIFT) - 2;

/** At a fixed address, an offset in loads and stores. Where it isn't used, it is memory that nobody touches. */
export const answers = memory.data(ANSWERS_BYTES, 64);
/** Whether there may be any. */
let kept: bool = false;

// @ts-ignore: decorator
@inline
function placeOf(address: u32): usize {
  return <usize>((address >> 8) & PLACE_MASK) << 2;
}

/** Keeps the entry of an address's /24. */
// @ts-ignore: decorator
@inline
export function keepAnswer(address: u32, entry: u32): void {
  if (entry <= LARGEST_ENTRY) store<u32>(placeOf(address), (address & TAG_MASK) ^ (entry + 1), answers);
}

/** Before the prefix's addresses get other answers; `high` as in key.ts. */
export function forgetAnswers(high: u64, length: u32): void {
  if (!kept) return;
  // Most prefixes are a /24: filling memory is a call out of the module.
  if (length >= 24) {
    store<u32>(placeOf(<u32>(high >> 32)), 0, answers);
    return;
  }
  const count = min(PLACES, <u32>1 << (24 - length));
  const first = <u32>(high >> 40) & PLACE_MASK & ~(count - 1);
  memory.fill(answers + (<usize>first << 2), 0, count << 2);
}

/** Before all get other answers, or have none. */
export function forgetAllAnswers(): void {
  forgetAnswers(0, 0);
  kept = false;
  answersTrusted = false;
}

// ---- four addresses at a time

/** Four bytes of a lane each; those beyond the lanes that are kept are anything. */
const packings = memory.data(16 * 16, 16);

/** For each set of lanes the shuffle that leaves the others, packed. */
function layOutPackings(): void {
  for (let lanes: u32 = 0; lanes < 16; lanes++) {
    let to = packings + (<usize>lanes << 4);
    for (let lane: u32 = 0; lane < 4; lane++) {
      if ((lanes >> lane) & 1) continue;
      store<u32>(to, 0x03020100 + lane * 0x04040404);
      to += 4;
    }
  }
}
layOutPackings();

// @ts-ignore: decorator
@inline
function placeOfNext(address: usize): usize {
  // The three bytes that name the /24, and one that is masked away.
  return <usize>(load<u32>(address, 1) & PLACE_MASK) << 2;
}

/** How many addresses are asked for at once, at most. */
export const ASKED_TOGETHER = 256;

/** The addresses whose answers are not known, packed, and where their values belong; with room for four more. */
export const missed = memory.data((ASKED_TOGETHER + 4) * 4, 64);
export const missedAt = memory.data((ASKED_TOGETHER + 4) * 4, 64);

/** Writes the values of up to ASKED_TOGETHER addresses whose answers are known. Returns how many are not. */
export function readAnswers(addresses: usize, end: usize, values: usize): u32 {
  const one = i32x4.splat(1);
  let at = i32x4.add(i32x4.splat(<i32>values), i32x4(0, 4, 8, 12));
  let left: usize = 0;
  for (; addresses < end; addresses += 16, values += 16) {
    const four = v128.load(addresses);
    let held = v128.load32_zero(placeOfNext(addresses), answers);
    held = v128.load32_lane(placeOfNext(addresses + 4), held, 1, answers);
    held = v128.load32_lane(placeOfNext(addresses + 8), held, 2, answers);
    held = v128.load32_lane(placeOfNext(addresses + 12), held, 3, answers);
    const entries = i32x4.sub(v128.xor(held, v128.and(four, i32x4.splat(<i32>TAG_MASK))), one);
    v128.store(values, i32x4.sub(entries, one));
    const known = i32x4.bitmask(i32x4.le_u(entries, i32x4.splat(<i32>LARGEST_ENTRY)));
    const packing = v128.load(<usize>known << 4, packings);
    v128.store(left, i8x16.swizzle(four, packing), missed);
    v128.store(left, i8x16.swizzle(at, packing), missedAt);
    at = i32x4.add(at, i32x4.splat(16));
    left += 16 - (<usize>popcnt(known) << 2);
  }
  return <u32>left >> 2;
}

// ---- whether it pays

/** One address of so many is asked for while they are not trusted, and is kept. */
const SAMPLE_EVERY: u32 = 1024;
/** So many asked for decide. */
const SAMPLE: u32 = 64;
const TRIAL: u32 = 8192;

/** Whether lookups in batches ask for answers. */
export let answersTrusted: bool = false;
let asked: u32 = 0;
let found: u32 = 0;
let offset: u32 = 0;

/** Notes how many of those asked for were found. They are trusted where it was a quarter. */
export function judgeAnswers(count: u32, known: u32): void {
  asked += count;
  found += known;
  const enough = answersTrusted ? TRIAL : SAMPLE;
  if (asked < enough) return;
  answersTrusted = found * 4 >= asked;
  asked = 0;
  found = 0;
}

function sampleAnswer(address: u32): void {
  const held = load<u32>(placeOf(address), answers);
  judgeAnswers(1, u32((held ^ (address & TAG_MASK)) - 1 <= LARGEST_ENTRY));
  const value = lookupNear4(address);
  if (value != MISS) keepAnswer(address, value + 1);
  kept = true;
}

/** Asks for some of the addresses of a batch, and not for those at the same places as in the last one. */
export function sampleAnswers(addresses: usize, count: u32): void {
  if (tableSize(TABLE_ROUTES) < <u32>ANSWERS_FROM) return;
  // A full period modulo 1024 (Knuth, volume 2, 3.2.1.2, theorem A).
  offset = (offset * 5 + 77) % SAMPLE_EVERY;
  for (let i = offset; i < count; i += SAMPLE_EVERY) sampleAnswer(load<u32>(addresses + (<usize>i << 2)));
}
