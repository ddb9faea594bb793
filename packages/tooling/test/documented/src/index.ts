/** A package with every fault that the checks of an API can find; `index.js` is what it would be compiled to. */

/**
 * Twice `value`.
 * @example
 * ```ts
 * import { twice } from 'documented';
 *
 * twice(2); // => 4
 * const text = { of: twice(3) };
 * text;
 * // => { of:
 * //      6 }
 * await Promise.resolve(twice(1n)); // => 2n
 * ```
 * @example As root
 * ```ts
 * import { readFileSync } from 'node:fs';
 *
 * process.getuid?.(); // => 0
 * readFileSync('/proc/net/dev', 'utf8').split('\n').length; // => 4
 * ```
 */
export const twice = <T extends number | bigint>(value: T): T => ((value as number) + (value as number)) as T;

/**
 * Its example is wrong in every way an example can be.
 * @example
 * ```ts
 * import { half, twice } from 'documented';
 *
 * half(4); // => 3
 * if (half(4) === 3) half(0); // => 0
 * half('4');
 * ```
 * @example Stops
 * ```ts
 * throw new Error('on its way');
 * ```
 * @example Exits
 * ```ts
 * process.exit(7);
 * ```
 */
export function half(value: number): number {
  return value / 2;
}

export interface Undocumented {
  readonly value: number;
}

/**
 * Declares a test.
 * @example In a test file
 * ```ts
 * import { expect, test } from 'vitest';
 *
 * test('one is one', () => expect(1).toBe(1));
 * ```
 * @example In a test file
 * ```ts
 * import { expect, test } from 'vitest';
 *
 * test('one is two', () => expect(1).toBe(2));
 * ```
 */
export function testOne(): void {}

/** Has no example. */
export function bare(): void {}

/** Its method is in the example of the class that extends it. */
class Base {
  /** Adds one at most. */
  add(more: number): number {
    return Math.min(more, 1);
  }
}

export type { Base };

/**
 * Only one of its methods is in the example.
 * @example
 * ```ts
 * import { Counter } from 'documented';
 *
 * new Counter().add(2); // => 2
 * ```
 */
export class Counter extends Base {
  #count = 0;

  /** Returns the new count. */
  override add(more: number): number {
    this.#count += more;
    return this.#count;
  }

  get count(): number {
    return this.#count;
  }

  protected own(): void {}
}
