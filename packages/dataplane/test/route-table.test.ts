import { ipFromBytes, parseIpPrefix } from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { RouteTable } from '../src/index.js';
import { LinearLpm } from './oracle/linear-lpm.js';

const addressBytes = (bytes: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: bytes, maxLength: bytes }),
    // Few distinct bits, so that prefixes nest, split and meet again.
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((all) => all.map((byte, i) => (i === 0 || i === bytes - 1 ? byte & 0xc1 : 0))),
  );
const address = fc.oneof(addressBytes(4), addressBytes(16)).map((bytes) => ipFromBytes(bytes));
const prefix = fc
  .tuple(
    address,
    fc.double({ min: 0, max: 1, noNaN: true }),
    fc.constantFrom(undefined, 0, 1, 2, 7, 8, 31, 32, 63, 64, 65, 127, 128),
  )
  .map(([at, part, chosen]) => {
    const bits = at.includes(':') ? 128 : 32;
    return parseIpPrefix(`${at}/${Math.min(bits, chosen ?? Math.round(part * bits))}`)!;
  });
const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('insert' as const), prefix }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), prefix }) },
  // Which of those inserted so far.
  { weight: 2, arbitrary: fc.record({ op: fc.constant('delete-known' as const), nth: fc.nat() }) },
);

test('any sequence of inserts and deletes looks up as the linear scan does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.array(address, { minLength: 1, maxLength: 8 }),
      async (steps, probes) => {
        const table = await RouteTable.create<number>({ capacity: 64 });
        const oracle = new LinearLpm<number>();
        for (const [at, entry] of steps.entries()) {
          if (entry.op === 'insert') {
            table.insert(entry.prefix, at);
            oracle.insert(entry.prefix, at);
          } else {
            const known = [...table].map(([known]) => known);
            const target = entry.op === 'delete' ? entry.prefix : known[entry.nth % (known.length || 1)];
            if (target !== undefined) expect(table.delete(target)).toBe(oracle.delete(target));
          }
          const inserted = [...table].map(([known]) => ipFromPrefix(known));
          for (const probe of [...probes, ...inserted]) {
            expect(table.lookup(probe)).toEqual(oracle.lookup(probe));
          }
          expect(table.size).toBe(oracle.size);
        }
        expect(table.lookupAll(probes)).toEqual(probes.map((probe) => oracle.lookup(probe)));
      },
    ),
    { numRuns: 300 },
  );
});

const ipFromPrefix = (text: string) => text.slice(0, text.indexOf('/')) as ReturnType<typeof ipFromBytes>;

test('a full table says its capacity and has not changed', async () => {
  const table = await RouteTable.create<string>({ capacity: 2 });
  table.insert('10.0.0.0/8', 'a').insert('fd00::/8', 'b');
  expect(() => table.insert('11.0.0.0/8', 'c')).toThrow(
    new RangeError('route table is full: its capacity is 2 prefixes'),
  );
  expect([...table.entries()]).toEqual([
    ['10.0.0.0/8', 'a'],
    ['fd00::/8', 'b'],
  ]);
  expect(table.lookup('11.0.0.1')).toBeUndefined();
  table.insert('10.0.0.0/8', 'again');
  expect(table.lookup('10.0.0.1')).toEqual({ prefix: '10.0.0.0/8', value: 'again' });
  table.delete('10.0.0.0/8');
  table.insert('11.0.0.0/8', 'c');
  expect(table.lookup('11.0.0.1')?.value).toBe('c');
});

test('a table filled to its capacity with nested and scattered prefixes can be emptied and filled again', async () => {
  const capacity = 129;
  const table = await RouteTable.create<number>({ capacity });
  const nested = Array.from({ length: capacity }, (_, length) => `ffff:ffff:ffff:ffff::/${length}`);
  const scattered = Array.from({ length: capacity }, (_, i) => `10.${i}.0.0/${16 + (i % 17)}`);
  for (const prefixes of [nested, scattered, nested.toReversed(), scattered]) {
    for (const [value, text] of prefixes.entries()) table.insert(text, value);
    expect(table.size).toBe(new Set(prefixes).size);
    expect(() => table.insert('2001:db8::/32', -1)).toThrow(RangeError);
    for (const text of prefixes) expect(table.delete(text)).toBe(true);
    expect(table.size).toBe(0);
  }
});

test('values are any JavaScript value, found by any spelling of the prefix', async () => {
  const table = await RouteTable.create();
  const value = { pod: 'a' };
  table.insert('fd00:0:0::1/16', value);
  table.insert('10.1.2.3/8', undefined);
  expect(table.get('FD00::/16')).toBe(value);
  expect(table.has('10.0.0.0/8')).toBe(true);
  expect(table.get('10.0.0.0/8')).toBeUndefined();
  expect(table.lookup('10.9.9.9')).toEqual({ prefix: '10.0.0.0/8', value: undefined });
});

test('more addresses than a batch are looked up in order', async () => {
  const table = await RouteTable.create<number>();
  for (let i = 0; i < 200; i++) table.insert(`10.0.${i}.0/24`, i).insert(`fd00:0:${i.toString(16)}::/48`, -i);
  const probes = Array.from({ length: 1000 }, (_, i) =>
    i % 3 ? `10.0.${i % 250}.9` : `fd00:0:${(i % 250).toString(16)}::9`,
  );
  expect(table.lookupAll(probes)).toEqual(probes.map((probe) => table.lookup(probe)));
});

test('clear empties both families', async () => {
  const table = await RouteTable.create<number>({ capacity: 4 });
  for (let round = 0; round < 3; round++) {
    table.insert('10.0.0.0/8', 1).insert('10.1.0.0/16', 2).insert('fd00::/8', 3).insert('fd80::/9', 4);
    table.clear();
    expect(table.size).toBe(0);
    expect(table.lookup('10.1.0.1')).toBeUndefined();
    expect(table.lookup('fd00::1')).toBeUndefined();
  }
});

test.each([
  ['insert', async () => (await RouteTable.create()).insert('10.0.0.0', 1), TypeError],
  ['lookup', async () => (await RouteTable.create()).lookup('10.0.0.0/8'), TypeError],
  ['a capacity of nothing', () => RouteTable.create({ capacity: 0 }), RangeError],
  ['a capacity beyond reason', () => RouteTable.create({ capacity: 1e9 }), RangeError],
])('%s refuses what it cannot take', async (_, misuse, kind) => {
  await expect(misuse).rejects.toThrow(kind);
});

test('a table that was disposed of says so', async () => {
  const table = await RouteTable.create();
  table[Symbol.dispose]();
  expect(() => table.lookup('10.0.0.1')).toThrow('disposed');
});
