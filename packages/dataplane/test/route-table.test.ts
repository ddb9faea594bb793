import {
  type IpAddress,
  type IpPrefix,
  ipToBytes,
  parseIpv4Number,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import fc from 'fast-check';
import { IPv4, IPv4CidrRange, IPv6, IPv6CidrRange } from 'ip-num';
import { expect, test } from 'vitest';
import { NO_ROUTE, NumericRouteTable, RouteTable } from '../src/index.js';
import { bitsOf, LinearLpm, prefixBits } from './oracle/linear-lpm.js';
import { address, prefix, step, value } from './prefixes.js';

/** What begins where the table has an edge: each prefix's first address. */
const firstAddresses = (oracle: LinearLpm<number>) =>
  oracle.rows().map(({ prefix }) => prefixAddress(prefix));

function expectSameAnswers(
  table: NumericRouteTable,
  oracle: LinearLpm<number>,
  probes: readonly IpAddress[],
) {
  for (const probe of probes) {
    const expected = oracle.lookup(probe);
    expect(table.lookup(probe)).toEqual(expected);
    expect(table.lookupValue(probe)).toBe(expected?.value);
    expect(table.lookupValue(ipToBytes(probe))).toBe(expected?.value);
    const number = parseIpv4Number(probe);
    if (number >= 0) expect(table.lookupValue(number)).toBe(expected?.value);
  }
  expectSameBatches(table, oracle, probes);
}

function expectSameBatches(
  table: NumericRouteTable,
  oracle: LinearLpm<number>,
  probes: readonly IpAddress[],
) {
  const ofFamily = (family: 4 | 6) => probes.filter((probe) => probe.includes(':') === (family === 6));
  const answers = (some: readonly IpAddress[]) =>
    some.map((probe) => oracle.lookup(probe)?.value ?? NO_ROUTE);
  const v4 = Uint32Array.from(ofFamily(4), (probe) => parseIpv4Number(probe));
  const v6 = Uint8Array.from(ofFamily(6).flatMap((probe) => [...ipToBytes(probe)]));
  expect([...table.lookupBatch(v4, new Uint32Array(v4.length))]).toEqual(answers(ofFamily(4)));
  expect([...table.lookupBatch6(v6, new Uint32Array(v6.length / 16))]).toEqual(answers(ofFamily(6)));
}

test('any sequence of inserts and deletes is looked up as the linear scan does', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(step, { minLength: 1, maxLength: 60 }),
      fc.array(address, { minLength: 1, maxLength: 8 }),
      async (steps, probes) => {
        const table = await NumericRouteTable.create();
        const oracle = new LinearLpm<number>();
        for (const entry of steps) {
          if (entry.op === 'insert') {
            table.insert(entry.prefix, entry.value);
            oracle.insert(entry.prefix, entry.value);
          } else {
            const known = oracle.rows().map(({ prefix }) => prefix);
            const target = entry.op === 'delete' ? entry.prefix : known[entry.nth % (known.length || 1)];
            if (target !== undefined) expect(table.delete(target)).toBe(oracle.delete(target));
          }
          expectSameAnswers(table, oracle, [...probes, ...firstAddresses(oracle)]);
          expect(table.size).toBe(oracle.size);
        }
        expect(table.toJSON()).toEqual(oracle.entries());
      },
    ),
    { numRuns: 200 },
  );
});

test('a bulk load answers as inserts one by one do', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.tuple(prefix, value), { maxLength: 80 }),
      fc.array(address, { maxLength: 8 }),
      async (entries, probes) => {
        const table = await NumericRouteTable.from(entries);
        const oracle = new LinearLpm<number>();
        for (const [text, number] of entries) oracle.insert(text, number);
        expectSameAnswers(table, oracle, [...probes, ...firstAddresses(oracle)]);
        const left = entries.filter((_, at) => at % 2 === 1).map(([text]) => text);
        for (const text of left) expect(table.delete(text)).toBe(oracle.delete(text));
        expectSameAnswers(table, oracle, [...probes, ...firstAddresses(oracle)]);
      },
    ),
    { numRuns: 100 },
  );
});

test('covering and covered prefixes are those that a scan finds', async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.uniqueArray(prefix, { maxLength: 60 }),
      address,
      prefix,
      async (prefixes, at, within) => {
        const table = await RouteTable.from(prefixes.map((text) => [text, `via ${text}`] as const));
        const oracle = new LinearLpm<string>();
        for (const text of prefixes) oracle.insert(text, `via ${text}`);
        const covering = oracle.entries().filter(([text]) => bitsOf(at).startsWith(prefixBits(text)));
        expect(table.lookupAll(at).map(({ prefix, value }) => [prefix, value])).toEqual(
          covering.sort(([a], [b]) => prefixLength(a) - prefixLength(b)),
        );
        const inside = oracle.entries().filter(([text]) => prefixBits(text).startsWith(prefixBits(within)));
        expect([...table.covered(within)]).toEqual(inside);
      },
    ),
    { numRuns: 200 },
  );
});

test('more prefixes than a listing takes at once are listed in order', async () => {
  const prefixes = Array.from(
    { length: 9000 },
    (_, i) => `10.${i >> 8}.${i & 254}.0/${24 - (i % 2)}` as IpPrefix,
  );
  const table = await NumericRouteTable.from(prefixes.toReversed().map((text) => [text, 1]));
  const inOrder = prefixes
    .map((text) => [prefixBits(text).padEnd(34, '0'), prefixLength(text), text] as const)
    .sort();
  expect(table.toJSON().map(([text]) => text)).toEqual(inOrder.map(([, , text]) => text));
  const within = prefixBits('10.16.0.0/12' as IpPrefix);
  const covered = inOrder.filter(([bits]) => bits.startsWith(within)).map(([, , text]) => text);
  expect([...table.covered('10.16.0.0/12')].map(([text]) => text)).toEqual(covered);
});

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
  await expect(
    RouteTable.from(
      [
        ['10.0.0.0/8', 1],
        ['11.0.0.0/8', 2],
      ],
      { capacity: 1 },
    ),
  ).rejects.toThrow('full');
});

test('a table filled to its capacity with nested and scattered prefixes can be emptied and filled again', async () => {
  const capacity = 129;
  const table = await RouteTable.create<number>({ capacity });
  const nested = Array.from({ length: capacity }, (_, length) => `ffff:ffff:ffff:ffff::/${length}`);
  const scattered = Array.from({ length: capacity }, (_, i) => `10.${i}.0.0/${16 + (i % 17)}`);
  for (const prefixes of [nested, scattered, nested.toReversed(), scattered]) {
    for (const [at, text] of prefixes.entries()) table.insert(text, at);
    expect(table.size).toBe(new Set(prefixes).size);
    expect(() => table.insert('2001:db8::/32', -1)).toThrow(RangeError);
    for (const text of prefixes) expect(table.delete(text)).toBe(true);
    expect(table.size).toBe(0);
  }
});

test('values are any JavaScript value, found by any spelling of the prefix', async () => {
  const table = await RouteTable.create();
  const pod = { pod: 'a' };
  table.insert('fd00:0:0::1/16', pod);
  table.insert('10.1.2.3/8', undefined);
  expect(table.get('FD00::/16')).toBe(pod);
  expect(table.has('10.0.0.0/8')).toBe(true);
  expect(table.get('10.0.0.0/8')).toBeUndefined();
  expect(table.lookup('10.9.9.9')).toEqual({ prefix: '10.0.0.0/8', value: undefined });
});

test('prefixes and addresses are text, bytes, or objects of ip-num', async () => {
  const table = await RouteTable.create<string>();
  table.insert(IPv4CidrRange.fromCidr('10.244.0.0/16'), 'four');
  table.insert(IPv6CidrRange.fromCidr('fd00:244::/48'), 'six');
  table.insert({ address: Uint8Array.of(10, 244, 2, 9), length: 24 }, 'bytes');
  expect(table.toJSON()).toEqual([
    ['10.244.0.0/16', 'four'],
    ['10.244.2.0/24', 'bytes'],
    ['fd00:244::/48', 'six'],
  ]);
  expect(table.lookup(IPv4.fromString('10.244.2.1'))?.value).toBe('bytes');
  expect(table.lookup(IPv6.fromString('fd00:244::1'))?.value).toBe('six');
  expect(table.lookup(Uint8Array.of(10, 244, 9, 9))?.prefix).toBe('10.244.0.0/16');
  expect(table.lookup(ipToBytes('fd00:244::9' as IpAddress))?.value).toBe('six');
  expect(table.get({ address: ipToBytes('fd00:244::' as IpAddress), length: 48 })).toBe('six');
});

test('what JSON has of a table makes the table again', async () => {
  const table = await RouteTable.from([
    ['10.0.0.0/8', { via: 'a' }],
    ['fd00::/8', { via: 'b' }],
  ]);
  const again = await RouteTable.from(JSON.parse(JSON.stringify(table)) as [string, { via: string }][]);
  expect([...again]).toEqual([...table]);
});

test('the numbers of a batch stand for the values', async () => {
  const table = await RouteTable.from(
    Array.from({ length: 256 }, (_, i) => [`10.0.${i}.0/24`, { nth: i }] as const),
  );
  table.delete('10.0.7.0/24');
  const addresses = Uint32Array.from(
    { length: 10_001 },
    (_, i) => 0x0a000000 + (i & 0x1ff) * 256 + (i & 255),
  );
  const numbers = table.lookupBatch(addresses, new Uint32Array(addresses.length));
  for (const [i, number] of numbers.entries()) {
    const nth = i & 0x1ff;
    if (nth > 255 || nth === 7) expect(number).toBe(NO_ROUTE);
    else expect(table.valueAt(number)).toEqual({ nth });
  }
});

test('memory grows while prefixes come, and what was looked up stays right', async () => {
  const table = await NumericRouteTable.create();
  for (let i = 0; i < 60_000; i++)
    table.insert({ address: Uint8Array.of(10, i >> 8, i, i & 63), length: 32 }, i);
  for (let i = 0; i < 60_000; i += 7) expect(table.lookupValue(0x0a000000 + i * 256 + (i & 63))).toBe(i);
  expect(table.lookupValue(0x0a000001)).toBeUndefined();
  expect(table.size).toBe(60_000);
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

const never = () => expect.fail('not to be reached');
test.each([
  ['a prefix without length', (table: RouteTable) => table.insert('10.0.0.0', 1), TypeError],
  ['a length that is too long', (table: RouteTable) => table.insert('10.0.0.0/33', 1), TypeError],
  ['a length that is none', (table: RouteTable) => table.insert('10.0.0.0/08', 1), TypeError],
  [
    'bytes of no address',
    (table: RouteTable) => table.insert({ address: new Uint8Array(5), length: 8 }, 1),
    TypeError,
  ],
  ['nothing', (table: RouteTable) => table.insert(null as never, 1), TypeError],
  ['an address with a length', (table: RouteTable) => table.lookup('10.0.0.0/8'), TypeError],
  ['no address', (table: RouteTable) => table.lookup(undefined as never), TypeError],
  ['three bytes', (table: RouteTable) => table.lookup(new Uint8Array(3)), TypeError],
  [
    'too little room',
    (table: RouteTable) => table.lookupBatch(new Uint32Array(2), new Uint32Array(1)),
    RangeError,
  ],
  [
    'a part of an address',
    (table: RouteTable) => table.lookupBatch6(new Uint8Array(17), new Uint32Array(2)),
    RangeError,
  ],
])('%s is refused', async (_, misuse, kind) => {
  const table = await RouteTable.create();
  expect(() => misuse(table)).toThrow(kind);
  expect(table.size).toBe(0);
});

test.each([0, 1e9, 1.5, Number.NaN])('a capacity of %s is refused', async (capacity) => {
  await expect(RouteTable.create({ capacity }).then(never)).rejects.toThrow(RangeError);
});

test.each([-1, NO_ROUTE, 0.5, '7' as never])('%s is no value of the numeric form', async (bad) => {
  const table = await NumericRouteTable.create();
  expect(() => table.insert('10.0.0.0/8', bad)).toThrow(RangeError);
  expect(table.size).toBe(0);
});

test('a table that was disposed of says so', async () => {
  const table = await RouteTable.create();
  table[Symbol.dispose]();
  expect(() => table.lookup('10.0.0.1')).toThrow('disposed');
});
