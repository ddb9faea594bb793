/** What is typed or pasted as prefixes, line by line. */
import { expect, test } from 'vitest';
import { MOST_LINES, parsePrefixLines } from '../src/prefixes/prefix-lines';

test.each([
  ['10.244.2.0/24 host B', [['10.244.2.0/24', 'host B']]],
  [
    '  10.244.2.0/24\t via 10.244.2.0 dev flannel.1 onlink ',
    [['10.244.2.0/24', 'via 10.244.2.0 dev flannel.1 onlink']],
  ],
  ['fd00:244::/48', [['fd00:244::/48', '']]],
  ['FD00:244:0::/48 six # and why', [['fd00:244::/48', 'six']]],
  ['default via 192.168.0.1 dev eth0', [['0.0.0.0/0', 'via 192.168.0.1 dev eth0']]],
  ['default via fe80::1 dev eth0', [['::/0', 'via fe80::1 dev eth0']]],
  ['default dev eth0', [['0.0.0.0/0', 'dev eth0']]],
  ['10.0.0.9 dev eth0', [['10.0.0.9/32', 'dev eth0']]],
  ['fd00::9 dev eth0', [['fd00::9/128', 'dev eth0']]],
  ['# nothing\n\n   \r\n10.0.0.0/8 a\r', [['10.0.0.0/8', 'a']]],
])('%j is read', (text, entries) => {
  const { problems, notices, entries: found } = parsePrefixLines(text);
  expect([...found]).toEqual(entries);
  expect([problems, notices]).toEqual([[], []]);
});

test.each([
  ['10.244/16', { is: 'no-prefix', got: '10.244/16' }],
  ['host-b', { is: 'no-prefix', got: 'host-b' }],
  ['10.0.0.0/', { is: 'bad-length', got: '', longest: 32 }],
  ['10.0.0.0/33', { is: 'bad-length', got: '33', longest: 32 }],
  ['fd00::/129', { is: 'bad-length', got: '129', longest: 128 }],
  ['10.0.0.0/8/9', { is: 'bad-length', got: '8', longest: 32 }],
])('in %j it says what is wrong, and reads the lines around it', (text, problem) => {
  const { problems, entries } = parsePrefixLines(`10.0.0.0/8 a\n${text}\n11.0.0.0/8 b`);
  expect(problems).toEqual([{ line: 2, problem }]);
  expect([...entries.keys()]).toEqual(['10.0.0.0/8', '11.0.0.0/8']);
});

test('host bits are masked off, and of a prefix that comes again the later value counts: both are said', () => {
  const { entries, notices } = parsePrefixLines('10.244.2.7/24 a\n10.244.2.0/24 b');
  expect([...entries]).toEqual([['10.244.2.0/24', 'b']]);
  expect(notices).toEqual([
    { line: 1, notice: { is: 'host-bits', taken: '10.244.2.0/24' } },
    { line: 2, notice: { is: 'again', prefix: '10.244.2.0/24', first: 1 } },
  ]);
});

test('an address written out in another way is no host bit', () => {
  expect(parsePrefixLines('fd00:0:0:0::/64').notices).toEqual([]);
});

test('more lines than a page can hold are refused where they begin', () => {
  const { entries, problems } = parsePrefixLines(`10.0.0.0/8\n`.repeat(MOST_LINES + 5));
  expect(entries.size).toBe(1);
  expect(problems).toEqual([{ line: MOST_LINES + 1, problem: { is: 'too-many' } }]);
});
