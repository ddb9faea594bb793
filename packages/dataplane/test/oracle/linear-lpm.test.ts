import type { IpAddress, IpPrefix } from '@podlan/wire';
import { expect, test } from 'vitest';
import { bitsOf, LinearLpm, prefixBits } from './linear-lpm.js';

const prefix = (text: string) => text as IpPrefix;
const address = (text: string) => text as IpAddress;

test('an address is its family and its bits', () => {
  expect(bitsOf(address('10.0.0.1'))).toBe('4:00001010000000000000000000000001');
  expect(bitsOf(address('8000::1'))).toBe(`6:1${'0'.repeat(126)}1`);
  expect(prefixBits(prefix('10.0.0.0/6'))).toBe('4:000010');
  expect(prefixBits(prefix('::/0'))).toBe('6:');
});

test.each([
  ['10.1.2.3', '10.1.2.0/24'],
  ['10.1.3.3', '10.1.0.0/16'],
  ['10.2.0.0', '10.0.0.0/8'],
  ['11.0.0.0', '0.0.0.0/0'],
  ['10.1.2.255', '10.1.2.255/32'],
  ['fd00::1', 'fd00::/8'],
  ['::1', undefined],
])('%s is found under %s', (at, expected) => {
  const table = new LinearLpm<string>();
  for (const text of ['10.0.0.0/8', '10.1.2.0/24', '0.0.0.0/0', '10.1.0.0/16', '10.1.2.255/32', 'fd00::/8']) {
    table.insert(prefix(text), text);
  }
  expect(table.lookup(address(at))?.value).toBe(expected);
});

test('what is inserted twice has the newer value, what is deleted is gone', () => {
  const table = new LinearLpm<number>();
  table.insert(prefix('10.0.0.0/8'), 1);
  table.insert(prefix('10.0.0.0/8'), 2);
  expect(table.lookup(address('10.0.0.0'))).toEqual({ prefix: '10.0.0.0/8', value: 2 });
  expect(table.size).toBe(1);
  expect(table.delete(prefix('10.0.0.0/8'))).toBe(true);
  expect(table.delete(prefix('10.0.0.0/8'))).toBe(false);
  expect(table.lookup(address('10.0.0.0'))).toBeUndefined();
});
