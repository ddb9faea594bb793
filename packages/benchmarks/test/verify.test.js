import { describe, expect, test } from 'vitest';
import { LengthMaps } from '../oracle/length-maps.js';
import { generatedTable } from '../tables/generated-table.js';
import { AddressList } from '../tables/prefix-table.js';
import { boundaryAddresses, randomAddresses } from '../verify/addresses.js';
import { writeBoundaries } from '../verify/boundaries.js';
import { CheckedTable, Disagreement } from '../verify/checked-table.js';
import { verifyTable } from '../verify/verify-table.js';

test.each([
  [4, [0x0a010200], 24, ['10.1.2.0', '10.1.2.255', '10.1.1.255', '10.1.3.0']],
  [4, [0x0a010203], 32, ['10.1.2.3', '10.1.2.3', '10.1.2.2', '10.1.2.4']],
  [4, [0], 0, ['0.0.0.0', '255.255.255.255', '255.255.255.255', '0.0.0.0']],
  [4, [0xff000000], 8, ['255.0.0.0', '255.255.255.255', '254.255.255.255', '0.0.0.0']],
  [
    6,
    [0xfd000000, 0, 0, 0],
    64,
    ['fd00::', 'fd00::ffff:ffff:ffff:ffff', 'fcff:ffff:ffff:ffff:ffff:ffff:ffff:ffff', 'fd00:0:0:1::'],
  ],
  [
    6,
    [0xfd000000, 0x80000000, 0, 0],
    33,
    [
      'fd00:0:8000::',
      'fd00:0:ffff:ffff:ffff:ffff:ffff:ffff',
      'fd00:0:7fff:ffff:ffff:ffff:ffff:ffff',
      'fd00:1::',
    ],
  ],
])('of an IPv%d prefix %j/%d, the boundaries are %j', (family, words, length, texts) => {
  const list = new AddressList(family, 4);
  writeBoundaries(list.words, 0, words, length);
  expect(list.texts()).toEqual(texts);
});

describe.each([4, 6])('of IPv%d', (family) => {
  const table = generatedTable({ family, size: 3000, nextHops: 0xffffffff });

  test('every prefix has its boundaries among the addresses, and there are as many random ones as asked for', () => {
    const sizes = (lists) => [...lists].reduce((sum, { size }) => sum + size, 0);
    expect(sizes(boundaryAddresses(table))).toBe(4 * 3000);
    expect(sizes(randomAddresses(table, 100_000, 1))).toBe(100_000);
  });

  test('a table agrees with the oracle, also after changes', async () => {
    const lines = [];
    await verifyTable(table, { addresses: 20_000, changes: 3000, log: (line) => lines.push(line) });
    expect(lines[0]).toBe('3,000 prefixes');
    expect(lines).toHaveLength(6);
  });

  test('a wrong answer is an error that names the address and both answers', async () => {
    const maps = LengthMaps.of(table);
    const { values } = table;
    const changed = generatedTable({ family, size: 3000, nextHops: 0xffffffff });
    changed.values[0] = (values[0] + 1) % 0xffffffff;
    const right = await CheckedTable.of(table);
    const wrong = right.withOracle(LengthMaps.of(changed));
    const [list] = boundaryAddresses(table);
    expect(() => right.withOracle(maps).requireAnswers(list, 7)).not.toThrow();
    expect(() => wrong.requireAnswers(list, 7)).toThrow(Disagreement);
    const address = list.text(0);
    const message = `lookupBatch of ${address}: got ${values[0]}, expected ${changed.values[0]}`;
    expect(() => wrong.requireAnswers(list, 7)).toThrow(message);
  });
});
