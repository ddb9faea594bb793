/** What every codec must do, written once: a table of cases runs through it. */

import { expect, test } from 'vitest';

export interface CodecCase<T> {
  readonly name: string;
  readonly hex: string;
  readonly value: T;
}

export interface Codec<T> {
  readonly parse: (bytes: Uint8Array) => T | undefined;
  readonly emit: (value: T, into: Uint8Array) => number;
  /** Bytes that must be there before anything can be parsed. */
  readonly least: number;
}

export function bytesOf(hex: string): Uint8Array {
  return Uint8Array.from(Buffer.from(hex.replaceAll(/\s+/g, ''), 'hex'));
}

export function testCodec<T>(codec: Codec<T>, cases: readonly CodecCase<T>[]): void {
  test.each(cases)('parses $name', ({ hex, value }) => {
    expect(codec.parse(bytesOf(hex))).toEqual(value);
  });

  test.each(cases)('emits $name, every byte and no other', ({ hex, value }) => {
    const expected = bytesOf(hex);
    const into = new Uint8Array(expected.length + 8).fill(0xa5);
    expect(codec.emit(value, into)).toBe(expected.length);
    expect(into.subarray(0, expected.length)).toEqual(expected);
    expect(into.subarray(expected.length)).toEqual(new Uint8Array(8).fill(0xa5));
  });

  test.each(cases)('refuses too little room for $name', ({ hex, value }) => {
    const into = new Uint8Array(bytesOf(hex).length - 1).fill(0xa5);
    expect(() => codec.emit(value, into)).toThrow(/expected room for \d+ bytes, got \d+/);
    expect(into.every((byte) => byte === 0xa5)).toBe(true);
  });

  test.each(cases)('refuses every cut of $name through its header', ({ hex }) => {
    const bytes = bytesOf(hex);
    for (let length = 0; length < codec.least; length++) {
      expect(codec.parse(bytes.subarray(0, length)), `${length} bytes`).toBeUndefined();
    }
  });

  test.each(cases)('reads $name in the middle of a larger buffer', ({ hex, value }) => {
    const bytes = bytesOf(hex);
    const large = new Uint8Array(bytes.length + 32).fill(0xa5);
    large.set(bytes, 13);
    expect(codec.parse(large.subarray(13, 13 + bytes.length))).toEqual(value);
  });
}

export function testRefusals<T>(
  codec: Codec<T>,
  cases: readonly (readonly [name: string, hex: string])[],
): void {
  test.each(cases)('refuses %s', (_name, hex) => {
    expect(codec.parse(bytesOf(hex))).toBeUndefined();
  });
}
