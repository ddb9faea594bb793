import { expect, test } from 'vitest';
import { LinearScan } from '../oracle/linear-scan.js';

const PREFIXES = [
  '10.0.0.0/8',
  '10.1.2.0/24',
  '0.0.0.0/0',
  '10.1.0.0/17',
  '10.1.2.255/32',
  'fd00::/8',
  'fd00::/65',
];

test.each([
  ['10.1.2.3', '10.1.2.0/24'],
  ['10.1.127.3', '10.1.0.0/17'],
  ['10.1.128.0', '10.0.0.0/8'],
  ['11.0.0.0', '0.0.0.0/0'],
  ['10.1.2.255', '10.1.2.255/32'],
  ['fd00::7fff:0:0:0', 'fd00::/65'],
  ['fd00::8000:0:0:0', 'fd00::/8'],
  ['::1', undefined],
])('%s is found under %s', (address, prefix) => {
  const table = new LinearScan();
  for (const text of PREFIXES) table.insert(text, text);
  expect(table.lookup(address)?.value).toBe(prefix);
});
