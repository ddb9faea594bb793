import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { LengthMaps, NO_ROUTE } from '../oracle/length-maps.js';
import { LinearScan } from '../oracle/linear-scan.js';
import { addressText, maskWord, wordsOf } from '../tables/prefix-table.js';

const word = fc.oneof(fc.constantFrom(0, 1, 0x80000000, 0xffffffff), fc.integer({ min: 0, max: 0xffffffff }));
/** Few different first bits, so that prefixes meet. */
const addressOf = (family) =>
  fc.tuple(
    fc.constantFrom(0x0a000000, 0x0a000001, 0x0a0000ff, 0x8a000000),
    ...Array(wordsOf(family) - 1).fill(word),
  );
const prefixOf = (family) =>
  fc.record({ words: addressOf(family), length: fc.integer({ min: 0, max: 32 * wordsOf(family) }) });

const textOf = ({ words, length }) => {
  const masked = words.map((one, at) => (one & maskWord(length, at)) >>> 0);
  return `${addressText(Uint32Array.from(masked), 0, masked.length)}/${length}`;
};

describe.each([4, 6])('of IPv%d, a Map per prefix length', (family) => {
  test('answers what a scan of all prefixes does, after any deletions', () => {
    const routes = fc.array(prefixOf(family), { maxLength: 40 });
    const addresses = fc.array(addressOf(family), { minLength: 1, maxLength: 20 });
    fc.assert(
      fc.property(routes, addresses, fc.nat(), (prefixes, looked, rest) => {
        const maps = new LengthMaps(family);
        prefixes.forEach(({ words, length }, value) => {
          maps.insert(words, length, value);
        });
        const latest = new Map(prefixes.map((prefix, value) => [textOf(prefix), { prefix, value }]));
        for (const [at, [text, { prefix }]] of [...latest].entries()) {
          if (at % 3 !== rest % 3) continue;
          expect(maps.delete(prefix.words, prefix.length)).toBe(true);
          expect(maps.has(prefix.words, prefix.length)).toBe(false);
          latest.delete(text);
        }
        const scan = new LinearScan();
        for (const [text, { value }] of latest) scan.insert(text, value);
        expect(maps.size).toBe(latest.size);
        for (const words of looked) {
          const text = addressText(Uint32Array.from(words), 0, words.length);
          expect(maps.lookup(words)).toBe(scan.lookup(text)?.value ?? NO_ROUTE);
        }
      }),
    );
  });
});
