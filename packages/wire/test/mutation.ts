/**
 * Seeded mutation. The seed is printed, and FUZZ_SEED runs the same inputs again.
 */

import { readdirSync, readFileSync } from 'node:fs';

/** Whole numbers below `limit`. */
export type Random = (limit: number) => number;

export const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** mulberry32: small, and the same on every machine. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

const folder = new URL('golden/', import.meta.url);

/** Long payloads only slow the run down: what the parsers look at stands in front. */
const corpus = readdirSync(folder)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => Buffer.from(readFileSync(new URL(name, folder), 'utf8').replace(/\s+/g, ''), 'hex'))
  .filter((frame) => frame.length < 300);

const INTERESTING = [0, 1, 4, 5, 6, 7, 8, 0x0f, 0x40, 0x45, 0x4f, 0x60, 0x7f, 0x80, 0xfe, 0xff, 17, 44, 58];

const buffer = new Uint8Array(512);

/** A frame of the corpus with 1 to 4 edits. The next call overwrites it. */
export function mutatedFrame(random: Random): Uint8Array {
  const frame = corpus[random(corpus.length)]!;
  buffer.set(frame);
  let length = frame.length;
  for (let edits = 1 + random(4); edits > 0; edits--) {
    const at = random(length);
    const kind = random(16);
    if (kind < 6) buffer[at] = INTERESTING[random(INTERESTING.length)]!;
    else if (kind < 10) buffer[at]! ^= 1 << random(8);
    else if (kind < 13) buffer[at] = random(256);
    else if (kind === 13) length = Math.max(1, at);
    else buffer.copyWithin(at, random(length), length);
  }
  return buffer.subarray(0, length);
}

/** `text` with 1 to 3 edits, made of its own pieces and of `pieces`. */
export function mutatedText(text: string, pieces: readonly string[], random: Random): string {
  let result = text;
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(result.length + 1);
    const insert = random(3) === 0 ? '' : pieces[random(pieces.length)]!;
    result = result.slice(0, at) + insert + result.slice(at + random(3));
  }
  return result;
}
