/** What a walk is cut into. */
import { RouteTable } from '@podlan/dataplane';
import { parseIpAddress } from '@podlan/wire';
import { beforeAll, expect, test } from 'vitest';
import { bitsOf, longestOf, lookIn, matchedBits, type Value } from '../src/prefixes/table-look';
import { entryAt, momentsOf, runStarts } from '../src/prefixes/walk-moments';

let table: RouteTable<Value>;
beforeAll(async () => {
  table = await RouteTable.from<Value>([
    ['10.244.0.0/16', 'cluster'],
    ['10.244.2.0/24', 'host B'],
    ['10.244.2.7/32', 'pod'],
    ['fd00:244::7/128', 'six'],
  ]);
});

const look = (text: string) => lookIn(table, parseIpAddress(text)!);

test.each([
  ['192.0.2.1', ['direct', 'answer'], 0],
  ['10.244.9.9', ['direct', 'bitmap', 'run', 'answer'], 16],
  ['10.244.2.7', ['direct', 'bitmap', 'run', 'bitmap', 'run', 'bitmap', 'run', 'answer'], 32],
])('%s has a moment for each read, and one for the answer', (text, kinds, matched) => {
  const found = look(text);
  const moments = momentsOf(found.walk);
  expect(moments.map(({ kind }) => kind)).toEqual(kinds);
  expect(matchedBits(found)).toBe(matched);
  expect(longestOf(found)?.value).toBe(found.walk.value);
});

test('the bits that decide follow one another, to the end of the address', () => {
  for (const [text, width] of [
    ['10.244.2.7', 32],
    ['fd00:244::7', 128],
  ] as const) {
    const moments = momentsOf(look(text).walk).filter(({ kind }) => kind === 'direct' || kind === 'run');
    let next = 0;
    for (const { bit, bits } of moments) {
      expect(bit).toBe(next);
      next = bit + bits;
    }
    expect(next).toBe(width);
    expect(bitsOf(parseIpAddress(text)!).length).toBe(width);
  }
});

test('the entry that a moment shows is the one that leads to the next', () => {
  const moments = momentsOf(look('10.244.2.7').walk);
  for (const [i, moment] of moments.entries()) {
    const next = moments[i + 1];
    const entry = entryAt(moment);
    if (next?.kind === 'bitmap') expect(entry).toMatchObject({ leadsTo: 'node', at: next.read.at });
    if (next?.kind === 'answer') expect(entry?.leadsTo).toBe('number');
    if (moment.kind === 'run') {
      const starts = runStarts(moment.step);
      expect(starts.length).toBe(moment.step.runs);
      expect(starts[moment.step.rank - 1]).toBe(moment.step.firstSlot);
    }
  }
});
