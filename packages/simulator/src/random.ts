/** Seeded randomness: the same seed gives the same numbers on every engine. */

/** Numbers as from `Math.random`, from 0 to below 1. */
export type Random = () => number;

/**
 * mulberry32: 32 bits of state, good enough to lose packets by.
 * @example
 * ```ts
 * import { seededRandom } from '@podlan/simulator';
 *
 * const first = seededRandom(7);
 * const second = seededRandom(7);
 * first() === second(); // => true
 * ```
 */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
