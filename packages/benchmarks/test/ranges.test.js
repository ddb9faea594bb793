import fc from 'fast-check';
import { expect, test } from 'vitest';
import { rangePrefixes } from '../tables/range-prefixes.js';
import { tableOfRanges } from '../tables/real-table.js';

test.each([
  [0n, 2n ** 32n - 1n, [[0n, 0]]],
  [5n, 5n, [[5n, 32]]],
  [
    1n,
    6n,
    [
      [1n, 32],
      [2n, 31],
      [4n, 31],
      [6n, 32],
    ],
  ],
  [
    0x01000400n,
    0x01000dffn,
    [
      [0x01000400n, 22],
      [0x01000800n, 22],
      [0x01000c00n, 23],
    ],
  ],
])('%s to %s is made of the fewest prefixes', (first, last, prefixes) => {
  expect(rangePrefixes(first, last, 32)).toEqual(prefixes);
});

test('prefixes follow one another from the first address to the last, each aligned', () => {
  const address = fc.bigInt({ min: 0n, max: 2n ** 128n - 1n });
  fc.assert(
    fc.property(address, address, (one, other) => {
      const [first, last] = one < other ? [one, other] : [other, one];
      let at = first;
      for (const [start, length] of rangePrefixes(first, last, 128)) {
        const block = 1n << BigInt(128 - length);
        expect(start).toBe(at);
        expect(start % block).toBe(0n);
        at += block;
      }
      expect(at).toBe(last + 1n);
    }),
  );
});

test('a table of ranges has their prefixes, and where they overlap the first one holds', () => {
  const csv = '16777216,16777471,13335,"Cloudflare, Inc."\n16777344,16777727,38803,Gtelecom\n';
  expect([...tableOfRanges(csv, 4).entries()]).toEqual([
    ['1.0.0.0/24', 13335],
    ['1.0.1.0/24', 38803],
  ]);
});

test('a table of ranges holds IPv6 as well', () => {
  const csv = '42540488161975842760550356425300246528,42540488241204005274814694018844196863,6939,HE\n';
  expect([...tableOfRanges(csv, 6).entries()]).toEqual([['2001::/32', 6939]]);
});
