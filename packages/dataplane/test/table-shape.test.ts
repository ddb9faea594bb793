/** What a table is made of, counted in its memory, and what must come to the same by other ways. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumericRouteTable, RouteTable, type TrieShape, tableShape, walkLookup } from '../src/index.js';
import { opened, randomOf } from './open-table.js';
import { prefix, value } from './prefixes.js';
import { TrieMemory } from './trie-memory.js';

const nodesOf = ({ levels }: TrieShape) => levels.reduce((sum, { nodes }) => sum + nodes, 0);
const runsOf = ({ levels }: TrieShape) => levels.reduce((sum, { runs }) => sum + runs, 0);

test('any table has the nodes and runs that its memory holds, and a cell for each value too large', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(fc.tuple(prefix, value), { maxLength: 60 }), async (entries) => {
      const table = opened(await NumericRouteTable.from(entries));
      const shape = tableShape(table);
      for (const [family, trie] of [
        [4, shape.ipv4],
        [6, shape.ipv6],
      ] as const) {
        const nodes = [...new TrieMemory(table.opened(), family).nodes()];
        expect(nodesOf(trie)).toBe(nodes.length);
        expect(runsOf(trie)).toBe(nodes.flat().length);
        const { entries: all, nothing, number, cell, node } = trie.direct;
        expect([all, nothing + number + cell + node]).toEqual([262_144, 262_144]);
        expect(trie.levels[0]?.nodes ?? 0).toBe(node);
      }
      expect(shape.prefixes).toBe(table.size);
      expect(shape.cells.cells).toBe(table.toJSON().filter(([, number]) => number > 0x3ffffffe).length);
      expect(shape.memoryBytes).toBe(table.opened().buffer.byteLength);
    }),
    { numRuns: 40 },
  );
});

test('an empty table has its direct tables and nothing else', async () => {
  const { ipv4, prefixNodes, cells } = tableShape(await RouteTable.create());
  expect(ipv4).toEqual({
    direct: { entries: 262_144, nothing: 262_144, number: 0, cell: 0, node: 0, bytes: 1_048_576 },
    levels: [],
  });
  expect(prefixNodes).toEqual({ nodes: 0, bytes: 0 });
  expect(cells).toEqual({ cells: 0, bytes: 0 });
});

test('nodes of the prefixes are as long as what they hold', async () => {
  const table = await NumericRouteTable.from([
    ['0.0.0.0/0', 1],
    ['10.0.0.0/8', 2],
    ['::/0', 3],
  ]);
  // 0.0.0.0/0 and a child: 24 bytes and two words; 10.0.0.0/8: 24 and one; ::/0 the same.
  expect(tableShape(table).prefixNodes).toEqual({ nodes: 3, bytes: 32 + 32 + 32 });
  for (let first = 0; first < 40; first++) table.insert(`${first * 4}.0.0.0/6`, first);
  expect(tableShape(table).prefixNodes).toEqual({ nodes: 3, bytes: 192 + 32 + 32 });
});

test('deleting everything gives every node back', async () => {
  const random = randomOf(3);
  const table = await NumericRouteTable.create();
  const texts = Array.from(
    { length: 2000 },
    (_, at) => `10.${random(256)}.${random(256)}.0/${18 + (at % 7)}`,
  );
  for (const text of texts) table.insert(text, random(0x50000000));
  const full = tableShape(table);
  expect(nodesOf(full.ipv4)).toBeGreaterThan(100);
  expect(full.prefixNodes.bytes + full.ipv4.direct.bytes).toBeLessThan(full.memoryBytes);
  for (const text of texts) table.delete(text);
  const empty = tableShape(table);
  expect([nodesOf(empty.ipv4), empty.prefixNodes.nodes, empty.cells.cells]).toEqual([0, 0, 0]);
  expect(walkLookup(table, '10.1.2.3').bytesRead).toBe(4);
});
