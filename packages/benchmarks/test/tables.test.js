import { describe, expect, test } from 'vitest';
import { LengthMaps, NO_ROUTE } from '../oracle/length-maps.js';
import { generatedTable, nextPrefix } from '../tables/generated-table.js';
import { lengthCounts } from '../tables/length-histogram.js';
import { AddressList, maskWord } from '../tables/prefix-table.js';
import { TRAFFIC, traffic } from '../tables/traffic.js';

const histogramOf = ({ lengths }) => {
  const counts = new Map();
  for (const length of lengths) counts.set(length, (counts.get(length) ?? 0) + 1);
  return [...counts].sort(([a], [b]) => a - b);
};

describe.each([
  [4, 24],
  [6, 48],
])('the prefix lengths of IPv%d', (family, commonest) => {
  test.each([1, 100, 1000, 902_000])('of %d prefixes add up', (size) => {
    const counts = lengthCounts(family, size);
    expect(counts.reduce((sum, [, count]) => sum + count, 0)).toBe(size);
    expect(counts.every(([, count]) => Number.isInteger(count) && count >= 0)).toBe(true);
  });

  test('are those of the global table: most as long as routers accept', () => {
    const counts = new Map(lengthCounts(family, 10_000));
    expect([...counts].toSorted((a, b) => b[1] - a[1])[0][0]).toBe(commonest);
    expect(counts.get(commonest)).toBeGreaterThan(4000);
  });
});

describe.each([4, 6])('a generated table of IPv%d', (family) => {
  const table = generatedTable({ family, size: 5000 });

  test('has different prefixes, in order, with no bit beyond their length', () => {
    const texts = [...table.entries()].map(([text]) => text);
    expect(new Set(texts).size).toBe(5000);
    for (let at = 0; at < table.size; at++) {
      const words = [...table.address(at)];
      expect(words).toEqual(words.map((word, index) => (word & maskWord(table.lengths[at], index)) >>> 0));
    }
    const first = Array.from({ length: table.size }, (_, at) => table.address(at)[0]);
    expect(first).toEqual(first.toSorted((a, b) => a - b));
  });

  test('has the lengths of the histogram', () => {
    expect(histogramOf(table)).toEqual(lengthCounts(family, 5000).filter(([, count]) => count > 0));
  });

  test('is the same for the same seed, another for another', () => {
    expect(generatedTable({ family, size: 5000 }).words).toEqual(table.words);
    expect(generatedTable({ family, size: 5000, seed: 9 }).words).not.toEqual(table.words);
  });

  test('overlaps: a good part of the prefixes lies inside another', () => {
    const maps = new LengthMaps(family);
    let nested = 0;
    for (const at of Array.from(table.lengths.keys()).sort((a, b) => table.lengths[a] - table.lengths[b])) {
      if (maps.lookup(table.address(at)) !== NO_ROUTE) nested++;
      maps.insert(table.address(at), table.lengths[at], at);
    }
    expect(nested).toBeGreaterThan(1500);
    expect(nested).toBeLessThan(3500);
  });

  test('has as many next hops as asked for', () => {
    const hops = new Set(generatedTable({ family, size: 5000, nextHops: 7 }).values);
    expect([...hops].sort()).toEqual([0, 1, 2, 3, 4, 5, 6]);
  });

  test.each(TRAFFIC)('has %s traffic, the same for the same seed', (kind) => {
    const addresses = traffic(kind, { table, count: 2000 });
    expect(addresses.words).toEqual(traffic(kind, { table, count: 2000 }).words);
    const maps = LengthMaps.of(table);
    const found = Array.from({ length: 2000 }, (_, at) => maps.lookup(addresses.words, at * table.width));
    if (kind === 'misses') expect(found.every((value) => value === NO_ROUTE)).toBe(true);
    if (kind === 'covered' || kind === 'zipf') expect(found).not.toContain(NO_ROUTE);
  });

  test('has zipf traffic in which the most popular prefix has some tenth of the addresses', () => {
    const addresses = traffic('zipf', { table, count: 4000 });
    const own = new LengthMaps(family);
    for (let at = 0; at < table.size; at++) own.insert(table.address(at), table.lengths[at], at);
    const counts = new Map();
    for (let at = 0; at < addresses.size; at++) {
      const row = own.lookup(addresses.words, at * table.width);
      counts.set(row, (counts.get(row) ?? 0) + 1);
    }
    // 1 of the sum 1 + 1/2 + … + 1/5000, which is 9.1.
    expect(Math.max(...counts.values())).toBeGreaterThan(300);
  });
});

test.each([
  [[0x0a000000], 8, [0x0b000000]],
  [[0x0a0000ff], 32, [0x0a000100]],
  [[0xffffffff], 32, [0]],
  [[1, 0xffffffff, 0xffffffff, 0], 96, [2, 0, 0, 0]],
  [[1, 0x80000000, 0, 0], 33, [2, 0, 0, 0]],
])('the prefix beside %j/%d is %j', (words, length, next) => {
  expect([...nextPrefix(Uint32Array.from(words), length)]).toEqual(next);
});

test('addresses are numbers or bytes to a batch, and text to the rest', () => {
  const list = new AddressList(6, 2);
  list.words.set([0x20010db8, 0, 0, 1, 0xfd000000, 0, 0, 0xff]);
  expect(list.texts()).toEqual(['2001:db8::1', 'fd00::ff']);
  expect([...list.first(1).batch()]).toEqual([0x20, 1, 0x0d, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1]);
  const v4 = new AddressList(4, 1);
  v4.words.set([0x0a0102ff]);
  expect(v4.texts()).toEqual(['10.1.2.255']);
  expect([...v4.batch()]).toEqual([0x0a0102ff]);
});
