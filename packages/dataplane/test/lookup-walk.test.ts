/** The walk is the lookup: the same answer for any table, and out of the very bytes that the lookup reads. */
import { type IpAddress, ipToBytes, prefixAddress } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type LookupWalk, NO_ROUTE, NumericRouteTable, RouteTable, walkLookup } from '../src/index.js';
import { type OpenTable, opened } from './open-table.js';
import { bitsOf } from './oracle/linear-lpm.js';
import { address, prefix, step, value } from './prefixes.js';

const textOfBits = (bits: string, bit: number, count: number) =>
  bits
    .slice('4:'.length)
    .slice(bit, bit + count)
    .padEnd(count, '0');

/** Every step's own words agree with each other, with the address, and with the memory. */
function expectSoundSteps(table: OpenTable, walk: LookupWalk<number>, probe: IpAddress) {
  const memory = new Uint8Array(table.opened().buffer);
  const bits = bitsOf(probe);
  for (const { at, bytes } of walk.steps.flatMap(({ reads }) => reads)) {
    expect(bytes).toEqual(memory.slice(at, at + bytes.length));
  }
  for (const [i, one] of walk.steps.entries()) {
    if (one.kind === 'direct') expect(one.index.toString(2).padStart(18, '0')).toBe(textOfBits(bits, 0, 18));
    if (one.kind !== 'node') continue;
    expect(one.bit).toBe(18 + 6 * (i - 1));
    expect(one.slot.toString(2).padStart(6, '0')).toBe(textOfBits(bits, one.bit, 6));
    const starts = [...one.bitmap.toString(2).padStart(64, '0')].reverse();
    const begun = starts.slice(0, one.slot + 1);
    expect(one.runs).toBe(starts.filter((start) => start === '1').length);
    expect(one.rank).toBe(begun.filter((start) => start === '1').length);
    expect(one.firstSlot).toBe(begun.lastIndexOf('1'));
    const next = starts.indexOf('1', one.slot + 1);
    expect(one.lastSlot).toBe(next < 0 ? 63 : next - 1);
  }
}

function expectSameAnswer(table: OpenTable, probe: IpAddress) {
  const walk = walkLookup(table, probe);
  const expected = table.lookupValue(probe);
  expect(walk.value).toBe(expected);
  expect(walk.number).toBe(expected ?? NO_ROUTE);
  expect(walkLookup(table, ipToBytes(probe))).toEqual(walk);
  expectSoundSteps(table, walk, probe);
}

test('after any sequence of inserts and deletes the walk ends where the lookup does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 30 }),
      fc.array(address, { minLength: 1, maxLength: 8 }),
      async (steps, probes) => {
        const table = opened(await NumericRouteTable.create());
        for (const entry of steps) {
          const known = table.toJSON().map(([text]) => text);
          if (entry.op === 'insert') table.insert(entry.prefix, entry.value);
          else if (entry.op === 'delete') table.delete(entry.prefix);
          else if (known.length > 0) table.delete(known[entry.nth % known.length]!);
          for (const probe of [...probes, ...known.map(prefixAddress)]) expectSameAnswer(table, probe);
        }
      },
    ),
    { numRuns: 30 },
  );
});

test('so it does in a table that was filled at once', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(prefix, value), { minLength: 1, maxLength: 80 }),
      fc.array(address, { minLength: 1, maxLength: 20 }),
      async (entries, probes) => {
        const table = opened(await NumericRouteTable.from(entries));
        const first = entries.map(([text]) => prefixAddress(text));
        for (const probe of [...probes, ...first]) expectSameAnswer(table, probe);
      },
    ),
    { numRuns: 60 },
  );
});

const DEEP = [
  ['0.0.0.0/0', 1],
  ['10.244.2.0/24', 2],
  ['10.244.2.7/32', 0xfffffffe],
  ['fd00:244::/48', 3],
  ['fd00:244::7/128', 0x80000000],
] as const;

/** Values as they come in these tests, but for those an entry can't hold. */
const SOME_NUMBER = 5;

test.each(['192.0.2.1', '10.244.2.1', '10.244.2.7', '10.244.3.1', 'fd00:244::1', 'fd00:244::7', 'fe80::1'])(
  'what the walk for %s shows is what the lookup reads: with those bytes changed, it answers otherwise',
  async (probe) => {
    const table = opened(await NumericRouteTable.from(DEEP));
    const { steps } = walkLookup(table, probe);
    for (const { at, part } of steps.flatMap(({ reads }) => reads)) {
      const memory = new DataView(table.opened().buffer);
      const before = memory.getBigUint64(at, true);
      const answer = table.lookupValue(probe);
      // An entry or a cell that says something else; a bitmap of one run, whose entry then says it.
      if (part === 'bitmap') memory.setBigUint64(at, 1n, true);
      const entry = part === 'bitmap' ? at + 8 : at;
      const entryBefore = memory.getUint32(entry, true);
      memory.setUint32(entry, SOME_NUMBER + 1, true);
      expect(table.lookupValue(probe)).toBe(part === 'cell' ? SOME_NUMBER + 1 : SOME_NUMBER);
      expect(walkLookup(table, probe).value).toBe(table.lookupValue(probe));
      memory.setUint32(entry, entryBefore, true);
      memory.setBigUint64(at, before, true);
      expect(table.lookupValue(probe)).toBe(answer);
    }
  },
);

test('the longest ways are as long as the layout says', async () => {
  const table = await NumericRouteTable.from(DEEP);
  expect(walkLookup(table, '10.244.2.7').steps.map(({ kind }) => kind)).toEqual([
    'direct',
    'node',
    'node',
    'node',
    'cell',
  ]);
  const { steps, cacheLines, bytesRead } = walkLookup(table, 'fd00:244::7');
  expect(steps.filter(({ kind }) => kind === 'node').length).toBe(19);
  expect(steps.at(-2)).toMatchObject({ kind: 'node', bit: 126, bits: 2 });
  expect(bytesRead).toBe(4 + 19 * 12 + 4);
  expect(cacheLines).toBeLessThanOrEqual(steps.flatMap(({ reads }) => reads).length);
});

test('where the direct table has the answer, nothing else is read', async () => {
  const table = await RouteTable.from([['10.0.0.0/8', { host: 'B' }]]);
  const walk = walkLookup(table, '10.244.2.7');
  expect(walk).toMatchObject({ value: { host: 'B' }, bytesRead: 4, cacheLines: 1 });
  expect(walk.steps).toMatchObject([{ kind: 'direct', index: (10 << 10) | (244 << 2) }]);
  expect(walkLookup(table, '11.0.0.0')).toMatchObject({ number: NO_ROUTE, value: undefined, bytesRead: 4 });
});

test('what is no address, and a table that is gone, are refused as by a lookup', async () => {
  const table = await RouteTable.from([['10.0.0.0/8', 'A']]);
  expect(() => walkLookup(table, '10.0.0.0/8')).toThrow(
    new TypeError('address: expected an IP address as text, 4 or 16 bytes, got "10.0.0.0/8"'),
  );
  table[Symbol.dispose]();
  expect(() => walkLookup(table, '10.0.0.0')).toThrow(
    new TypeError('route table: used after it was disposed of'),
  );
});
