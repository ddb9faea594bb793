/** Answers of late: that they are asked for where it pays and nowhere else, and that they are never out of date. */
import { beforeAll, expect, test } from 'vitest';
import { NO_ROUTE, NumericRouteTable } from '../src/index.js';
import { ANSWER_PLACE_BITS, ANSWERS_BYTES, ANSWERS_FROM, AREA_ANSWERS, LOOKUP_BATCH } from '../src/layout.js';
import { type OpenTable, opened, randomOf } from './open-table.js';

const random = randomOf(11);
const TAG_SHIFT = ANSWER_PLACE_BITS + 8;
/** Enough to decide by a sample of one in 1024, twice over. */
const BATCHES = 64;

const bytesOf = (address: number) => Uint8Array.from([24, 16, 8, 0], (shift) => address >>> shift);

/** /24 prefixes, and longer ones in some of them. */
async function tableOf(size: number): Promise<OpenTable> {
  const prefixes = Array.from({ length: size }, (_, at) => {
    const length = at % 16 === 0 ? 26 : 24;
    return [{ address: bytesOf(((1 << 24) + at * 2560) >>> 0), length }, at] as const;
  });
  return opened(await NumericRouteTable.from(prefixes));
}

const addressesBelow = (prefixes: number) =>
  Uint32Array.from({ length: LOOKUP_BATCH }, () => ((1 << 24) + random(prefixes) * 2560 + random(300)) >>> 0);

const inBatch = (table: OpenTable, addresses: Uint32Array) => [
  ...table.lookupBatch(addresses, new Uint32Array(addresses.length)),
];

const oneByOne = (table: OpenTable, addresses: Uint32Array) =>
  Array.from(addresses, (address) => table.lookupValue(address) ?? NO_ROUTE);

const WRONG = 424_242;

/** Keeps a wrong answer for an address's /24; returns what forgets it. */
function mislead(table: OpenTable, address: number): () => void {
  const module = table.opened();
  const places = new Uint32Array(module.buffer, module.areaOffset(AREA_ANSWERS), ANSWERS_BYTES / 4);
  const place = (address >>> 8) & (places.length - 1);
  const tag = (address >>> TAG_SHIFT) << TAG_SHIFT;
  places[place] = (tag ^ (WRONG + 2)) >>> 0;
  return () => {
    places[place] = 0;
  };
}

/** Whether a batch asks for answers of late. */
function asks(table: OpenTable, address: number): boolean {
  const forget = mislead(table, address);
  const [value] = inBatch(table, Uint32Array.of(address));
  forget();
  return value === WRONG;
}

let large: OpenTable;
const popular = addressesBelow(100);

function repeat(table: OpenTable) {
  for (let batch = 0; batch < BATCHES; batch++) inBatch(table, popular);
}

beforeAll(async () => {
  large = await tableOf(ANSWERS_FROM);
});

test('traffic that does not repeat asks for none', () => {
  for (let batch = 0; batch < BATCHES; batch++) {
    inBatch(
      large,
      Uint32Array.from({ length: LOOKUP_BATCH }, () => random(2 ** 32)),
    );
  }
  expect(asks(large, popular[0]!)).toBe(false);
});

test('traffic that repeats asks for them, until it repeats no more', () => {
  repeat(large);
  expect(asks(large, popular[0]!)).toBe(true);
  for (let batch = 0; batch < BATCHES; batch++) {
    inBatch(
      large,
      Uint32Array.from({ length: LOOKUP_BATCH }, () => random(2 ** 32)),
    );
  }
  expect(asks(large, popular[0]!)).toBe(false);
});

test('a smaller table asks for none, whatever the traffic', async () => {
  const small = await tableOf(ANSWERS_FROM - 1);
  repeat(small);
  expect(asks(small, popular[0]!)).toBe(false);
});

test.each([
  ['an insert', (table: OpenTable) => table.insert({ address: bytesOf(popular[0]!), length: 22 }, 7)],
  ['a delete', (table: OpenTable) => table.delete({ address: bytesOf(popular[0]!), length: 22 })],
  ['an insert of all', (table: OpenTable) => table.insert('0.0.0.0/0', 8)],
  ['an insert within', (table: OpenTable) => table.insert({ address: bytesOf(popular[0]!), length: 32 }, 9)],
  ['emptying', (table: OpenTable) => table.clear()],
])('%s forgets them', async (_, change) => {
  const table = await tableOf(ANSWERS_FROM);
  table.insert({ address: bytesOf(popular[0]!), length: 22 }, 6);
  repeat(table);
  mislead(table, popular[0]!);
  change(table);
  expect(inBatch(table, popular)).toEqual(oneByOne(table, popular));
});

test('batches answer as single lookups do while prefixes of every length come and go', () => {
  repeat(large);
  for (let change = 0; change < 400; change++) {
    const prefix = { address: bytesOf(popular[random(64)]!), length: random(33) };
    if (random(2) === 0) large.insert(prefix, random(2) === 0 ? random(2 ** 31) : random(1000));
    else large.delete(prefix);
    expect(inBatch(large, popular)).toEqual(oneByOne(large, popular));
  }
  expect(asks(large, popular[0]!)).toBe(true);
});
