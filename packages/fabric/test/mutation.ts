/** Seeded mutation of text. The seed is printed, and FUZZ_SEED runs the same inputs again. */

import { onTestFinished } from 'vitest';

/** Whole numbers below `limit`. */
export type Random = (limit: number) => number;

export const SEED = Number(process.env.FUZZ_SEED ?? Math.floor(Math.random() * 2 ** 32));

/** mulberry32. */
export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

export const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)]!;

const PIECES = [
  '0',
  '1',
  '9',
  '-1',
  '.5',
  '1e9',
  '255',
  '999',
  '{',
  '}',
  '[',
  ']',
  '"',
  '\\',
  ',',
  ' ',
  '\n',
].concat(
  ...[':', '::', '/', '.', '-', '&', '=', 'f', 'G', '%', 'é', '\u0000', '😀', 'null', 'true', '__proto__'],
);

/** `text` with 1 to 3 edits: cut, put in, put in place of. */
export function mutatedText(text: string, random: Random): string {
  let result = text;
  for (let edits = 1 + random(3); edits > 0; edits--) {
    const at = random(result.length + 1);
    const insert = random(3) === 0 ? '' : pick(random, PIECES);
    result = result.slice(0, at) + insert + result.slice(at + random(4));
  }
  return result;
}

const VALUES = [
  'null',
  '-1',
  '0',
  '1.5',
  '1e999',
  '"x"',
  '""',
  '[]',
  '{}',
  'true',
  '[null]',
  '"::1"',
  '"10.0.0.0/8"',
];
/** A JSON value that is no list and no object. */
const SCALAR = /"[^"]*"(?!:)|-?\d+(?:\.\d+)?|true|false|null/g;

interface Place {
  readonly old: string;
  readonly index: number;
}

/** Of the few texts that all mutants are made of. */
const places = new Map<string, readonly Place[]>();

function scalarsOf(text: string): readonly Place[] {
  const found = places.get(text) ?? [...text.matchAll(SCALAR)].map(({ 0: old, index }) => ({ old, index }));
  places.set(text, found);
  return found;
}

/** Half of the mutants stay JSON: one value becomes another, or a digit of it does. */
export function mutatedJson(text: string, random: Random): string {
  if (random(2) === 0) return mutatedText(text, random);
  const { old, index } = pick(random, scalarsOf(text));
  const value = random(2) === 0 ? pick(random, VALUES) : otherDigit(old, random);
  return text.slice(0, index) + value + text.slice(index + old.length);
}

function otherDigit(value: string, random: Random): string {
  const digits = [...value.matchAll(/\d+/g)];
  if (digits.length === 0) return value;
  const { 0: old, index } = pick(random, digits);
  return (
    value.slice(0, index) +
    random(Number(pick(random, ['10', '34', '300', '70000']))) +
    value.slice(index + old.length)
  );
}

/**
 * Runs `check` on `count` mutants; it returns whether the mutant was accepted. One in eight is to be checked deeply,
 * which costs more than parsing does.
 */
export function eachMutant(
  count: number,
  mutate: (random: Random) => string,
  check: (text: string, deeply: boolean) => boolean,
): number {
  console.log(`fuzz: FUZZ_SEED=${SEED}`);
  // Most mutants are refused, and a refusal's stack costs more than all the rest.
  const { stackTraceLimit } = Error;
  Error.stackTraceLimit = 0;
  onTestFinished(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });
  const random = randomFrom(SEED);
  let accepted = 0;
  for (let i = 0; i < count; i++) {
    const text = mutate(random);
    try {
      if (check(text, i % 8 === 0)) accepted++;
    } catch (cause) {
      throw new Error(`FUZZ_SEED=${SEED}: ${JSON.stringify(text)}: ${cause}`, { cause });
    }
  }
  return accepted;
}
