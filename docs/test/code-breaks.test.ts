import { expect, test } from 'vitest';
import codeBreaks, { breaksOf } from '../code-breaks';

test.each([
  ['--resync', 'whole'],
  ['--ip-masq-fully-random-disable', 'whole'],
  ['podlan lab join --dataplane kernel', undefined],
  ['packages/dataplane/test/offload-pump.test.ts', undefined],
  ['subnet.env', undefined],
  ["failed to load flannel 'subnet.env' file: open /run/flannel/subnet.env", 'long'],
])('%j breaks as %j', (code, breaks) => {
  expect(breaksOf(code)).toBe(breaks);
});

test('code within a text is marked, blocks of code are not', () => {
  const option = { type: 'inlineCode', value: '--resync' };
  const block = { type: 'code', value: '--resync' };
  codeBreaks()({ type: 'root', children: [block, { type: 'paragraph', children: [option] }] });
  expect([option, block]).toEqual([
    { type: 'inlineCode', value: '--resync', data: { hProperties: { className: 'whole' } } },
    { type: 'code', value: '--resync' },
  ]);
});
