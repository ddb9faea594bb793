/** What makes lookups quick, counted and not timed. */
import { formatIpv4Number } from '@podlan/wire';
import fc from 'fast-check';
import { beforeAll, expect, test } from 'vitest';
import { NumericRouteTable, walkLookup } from '../src/index.js';
import { LARGEST_INLINE_VALUE } from '../src/layout.js';
import { type OpenTable, opened, randomOf } from './open-table.js';
import { step } from './prefixes.js';
import { isChild, TrieMemory } from './trie-memory.js';

const ROUTES = 100_000;
const random = randomOf(7);
/** Lengths as common as in the global table, roughly: mostly /24 and /22, some nested in shorter ones. */
const LENGTHS = [24, 24, 24, 24, 24, 24, 22, 22, 23, 21, 20, 19, 18, 16, 12];
const routes = Array.from({ length: ROUTES }, (_, at) => {
  const address = Uint8Array.of(1 + random(60), random(256), random(256), random(256));
  return [{ address, length: LENGTHS[at % LENGTHS.length]! }, at % 250] as const;
});

let bulk: OpenTable;
let single: OpenTable;

beforeAll(async () => {
  bulk = opened(await NumericRouteTable.from(routes));
  single = opened(await NumericRouteTable.create());
  for (const [prefix, value] of routes) single.insert(prefix, value);
});

test('no lookup among prefixes up to /24 reads the trie more than three times', () => {
  for (const table of [bulk, single]) {
    let most = 0;
    for (let i = 0; i < 20_000; i++) {
      const { steps } = walkLookup(table, formatIpv4Number(random(2 ** 32)));
      most = Math.max(most, steps.flatMap(({ reads }) => reads).length);
    }
    expect(most).toBe(3);
  }
});

/** Nothing to merge is left: a node has at least two runs, and neighbours differ. */
function expectNothingToMerge(trie: TrieMemory) {
  for (const runs of trie.nodes()) {
    expect(runs.length).toBeGreaterThan(1);
    for (let i = 1; i < runs.length; i++) if (runs[i] === runs[i - 1]) expect.fail(`equal runs at ${i}`);
  }
}

test('inserts one by one lead to the same nodes as a bulk load, with nothing to merge', () => {
  const nodes = [bulk, single].map((table) => [...new TrieMemory(table.opened(), 4).nodes()]);
  for (const table of [bulk, single]) expectNothingToMerge(new TrieMemory(table.opened(), 4));
  const withoutAddresses = nodes.map((all) =>
    all.map((runs) => runs.map((run) => (isChild(run) ? 'node' : run))),
  );
  expect(withoutAddresses[0]).toEqual(withoutAddresses[1]);
});

test('any sequence of changes leaves nothing to merge', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const table = opened(await NumericRouteTable.create());
      for (const entry of steps) {
        const known = table.toJSON();
        if (entry.op === 'insert') table.insert(entry.prefix, Math.min(entry.value, LARGEST_INLINE_VALUE));
        else if (entry.op === 'delete') table.delete(entry.prefix);
        else if (known.length > 0) table.delete(known[entry.nth % known.length]![0]);
        for (const family of [4, 6] as const) {
          if (table.toJSON().some(([text]) => text.includes(':') === (family === 6))) {
            expectNothingToMerge(new TrieMemory(table.opened(), family));
          }
        }
      }
    }),
    { numRuns: 5 },
  );
});

test('a table that was emptied has no nodes, and takes the same memory again', async () => {
  const before = single.opened().buffer.byteLength;
  for (let round = 0; round < 3; round++) {
    for (const [prefix] of routes) single.delete(prefix);
    expect(single.size).toBe(0);
    expect([...new TrieMemory(single.opened(), 4).nodes()]).toEqual([]);
    for (const [prefix, value] of routes) single.insert(prefix, value);
  }
  expect(single.opened().buffer.byteLength).toBe(before);
});

test('a hundred thousand prefixes take less than 112 bytes each, room for changes and fixed tables of 3 MiB included', () => {
  for (const table of [bulk, single]) expect(table.opened().buffer.byteLength / ROUTES).toBeLessThan(112);
});
