/** The oracle against sums that were worked out by others. */

import { expect, test } from 'vitest';
import { naiveChecksum, naivePseudoHeader } from './checksum.js';

const bytes = (hex: string) => Uint8Array.from(Buffer.from(hex.replaceAll(' ', ''), 'hex'));

test.each([
  ['RFC 1071, section 3', '0001 f203 f4f5 f6f7', 0xffff - 0xddf2],
  ['nothing', '', 0xffff],
  ['an odd byte is the high one', 'ab', 0xffff - 0xab00],
  ['an IPv4 header that carries its checksum', '4500003c1c46400040 06b1e6ac100a63ac100a0c', 0],
])('%s', (_name, hex, expected) => {
  expect(naiveChecksum(bytes(hex))).toBe(expected);
});

test('pseudo headers have the layout of the RFCs', () => {
  const v4 = naivePseudoHeader(bytes('0a000001'), bytes('0a000002'), 17, 0x1234);
  expect(v4).toEqual(bytes('0a000001 0a000002 00 11 1234'));
  const v6 = naivePseudoHeader(new Uint8Array(16), new Uint8Array(16).fill(1), 58, 0x12345);
  expect(v6.subarray(32)).toEqual(bytes('00012345 000000 3a'));
});
