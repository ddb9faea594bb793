/** The oracle against Node's own reading, where zones are set aside. */

import { isIP } from 'node:net';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { naiveIpBytes } from './ip-text.js';

test.each([
  ['10.244.1.5', '0af40105'],
  ['::', '00'.repeat(16)],
  ['1::', `0001${'0000'.repeat(7)}`],
  ['2001:db8::FF:1', '20010db8000000000000000000ff0001'],
  ['::ffff:192.0.2.1', `${'00'.repeat(10)}ffffc0000201`],
  ['1:2:3:4:5:6:7:8', '00010002000300040005000600070008'],
])('%s is %s', (text, hex) => {
  expect(Buffer.from(naiveIpBytes(text)!).toString('hex')).toBe(hex);
});

test('takes what Node takes', () => {
  const text = fc.string({ unit: fc.constantFrom(...'0129abF::::....'), maxLength: 40 });
  const parts = fc.array(fc.constantFrom('', '0', '1', 'ffff', '00ab', '1.2.3.4', '256.1.1.1'), {
    maxLength: 9,
  });
  fc.assert(
    fc.property(
      fc.oneof(
        text,
        parts.map((groups) => groups.join(':')),
      ),
      (candidate) => {
        expect(naiveIpBytes(candidate)?.length).toBe({ 0: undefined, 4: 4, 6: 16 }[isIP(candidate)]);
      },
    ),
    { numRuns: 5000 },
  );
});
