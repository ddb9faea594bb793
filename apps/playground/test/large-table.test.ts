/** Generated tables, and the three ways that are compared on them. */

import { NumericRouteTable } from '@podlan/dataplane';
import { describe, expect, test } from 'vitest';
import { GeneratedTable } from '../src/prefixes/large-table/generated-table';
import { LengthMaps } from '../src/prefixes/large-table/length-maps';
import { measureRates, ROUNDS, WAYS } from '../src/prefixes/large-table/lookup-rates';
import { lengthCounts, PrefixGenerator } from '../src/prefixes/large-table/prefix-generator';
import { Random } from '../src/prefixes/large-table/random';

const SIZE = 20_000;
const never = () => false;

describe.each([4, 6] as const)('IPv%i', (family) => {
  const settings = { family, size: SIZE, seed: 7 };
  const rows = (seed: number) => {
    const all: string[] = [];
    new PrefixGenerator({ ...settings, seed }, never).run((...row) => all.push(row.join(' ')));
    return all;
  };

  test('a seed makes one table, another seed another', () => {
    expect(rows(7)).toEqual(rows(7));
    expect(rows(7)).not.toEqual(rows(8));
  });

  test('prefixes are all different, as many of each length as the shape asks for', () => {
    const all = rows(1).map((row) => row.split(' ').slice(0, 2).join('/'));
    expect(new Set(all).size).toBe(SIZE);
    const counts = new Map<number, number>();
    for (const length of all.map((text) => Number(text.split('/')[1])))
      counts.set(length, (counts.get(length) ?? 0) + 1);
    expect([...counts]).toEqual(lengthCounts(settings).filter(([, count]) => count > 0));
    const [most] = [...counts].toSorted(([, a], [, b]) => b - a)[0]!;
    expect(most).toBe(family === 4 ? 24 : 48);
  });

  test('progress comes up to the whole, the samples are in the table, and many prefixes nest', async () => {
    const heard: number[] = [];
    const table = await GeneratedTable.load(settings, (placed) => heard.push(placed));
    expect(heard.at(-1)).toBe(SIZE);
    expect(heard).toEqual(heard.toSorted((a, b) => a - b));
    expect(table.shape().prefixes).toBe(SIZE);
    const looks = table.samples().map((address) => table.look(address));
    expect(looks.length).toBeGreaterThan(2);
    for (const { covering, walk } of looks) {
      expect(covering.length).toBeGreaterThan(1);
      expect(walk.value).toBe(covering.at(-1)!.value);
    }
  });

  test('three ways answer the same, and each is measured in every round', async () => {
    const table = await NumericRouteTable.create();
    const generator = new PrefixGenerator(settings, never);
    const bytes = new Uint8Array(family === 4 ? 4 : 16);
    generator.run((address, length, value) => {
      for (let byte = 0, all = BigInt(address), bits = family === 4 ? 32 : 48; byte < bits / 8; byte++) {
        bytes[byte] = Number((all >> BigInt(bits - 8 - 8 * byte)) & 255n);
      }
      table.insert({ address: bytes, length }, value);
    });
    const random = new Random(3);
    const addresses = Float64Array.from({ length: 2000 }, () => generator.someAddress(random));
    let clock = 0;
    const rounds: number[] = [];
    const measured = { family, table, maps: generator.maps, addresses };
    const { rates } = measureRates(
      measured,
      (round) => rounds.push(round),
      () => (clock += 50),
    );
    expect(rounds).toEqual(Array.from({ length: ROUNDS }, (_, round) => round));
    // Three passes of 50 ms by this clock.
    for (const way of WAYS) expect(rates[way]).toEqual({ median: 40_000, least: 40_000, most: 40_000 });
    const wrong = { ...measured, maps: new LengthMaps(family) };
    expect(() => measureRates(wrong, never)).toThrow(/address 0: expected one answer, got \d+ \(batch\)/);
  });
});
