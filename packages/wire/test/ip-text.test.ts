/** Address text to numbers and bytes, without strings between, against the plain reading of oracle/ip-text.ts. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { formatIpv4Number, ipFromBytes, parseIpv4Number, writeIp, writeIpv6 } from '../src/index.js';
import { naiveIpBytes } from './oracle/ip-text.js';

const UNWRITTEN = 0xa5;
const AT = 5;

const octet = fc.oneof(
  fc.nat(300).map(String),
  fc.constantFrom('', '00', '01', '0', '255', '256', ' 1', '1e1'),
);
const dotted = fc.array(octet, { minLength: 1, maxLength: 6 }).map((parts) => parts.join('.'));
const group = fc.oneof(
  fc.nat(0xffff).map((value) => value.toString(16)),
  fc.constantFrom('', '', '0', '00', '0000', '00000', 'FFFF', 'aBc', 'g', '12345', '1.2.3.4', 'é', '%'),
);
const colons = fc.array(group, { maxLength: 10 }).map((parts) => parts.join(':'));
const anyText = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF:::::....'), maxLength: 42 });
const canonical = fc
  .oneof(fc.uint8Array({ minLength: 4, maxLength: 4 }), fc.uint8Array({ minLength: 16, maxLength: 16 }))
  .map(ipFromBytes);
const candidate = fc.oneof(dotted, colons, anyText, canonical);

function room(): Uint8Array {
  return new Uint8Array(AT + 16 + 3).fill(UNWRITTEN);
}

/** What `write` has put at AT, or undefined; whatever happens, nothing lies outside those 16 bytes. */
function written(write: (into: Uint8Array) => number): Uint8Array | undefined {
  const into = room();
  const length = write(into);
  const outside = [...into.subarray(0, AT), ...into.subarray(AT + 16)];
  expect(outside.every((byte) => byte === UNWRITTEN)).toBe(true);
  return length === 0 ? undefined : into.slice(AT, AT + length);
}

describe('against the oracle', () => {
  test('writeIp writes the bytes of what is an address and refuses the rest', () => {
    const lengths = { 0: 0, 4: 4, 6: 16 };
    fc.assert(
      fc.property(candidate, (text) => {
        expect(written((into) => lengths[writeIp(text, into, AT)])).toEqual(naiveIpBytes(text));
      }),
      { numRuns: 20_000 },
    );
  });

  test('writeIpv6 takes IPv6 alone', () => {
    fc.assert(
      fc.property(candidate, (text) => {
        const expected = text.includes(':') ? naiveIpBytes(text) : undefined;
        expect(written((into) => (writeIpv6(text, into, AT) ? 16 : 0))).toEqual(expected);
      }),
      { numRuns: 5000 },
    );
  });

  test('parseIpv4Number takes IPv4 alone', () => {
    fc.assert(
      fc.property(candidate, (text) => {
        const bytes = text.includes(':') ? undefined : naiveIpBytes(text);
        const expected = bytes ? Buffer.from(bytes).readUInt32BE() : -1;
        expect(parseIpv4Number(text)).toBe(expected);
      }),
      { numRuns: 5000 },
    );
  });

  test('a part of a longer text is read as if it stood alone', () => {
    fc.assert(
      fc.property(candidate, fc.string(), fc.string(), (text, before, after) => {
        const whole = before + text + after;
        const part = [before.length, before.length + text.length] as const;
        expect(parseIpv4Number(whole, ...part)).toBe(parseIpv4Number(text));
        const into = room();
        const alone = room();
        expect(writeIp(whole, into, AT, ...part)).toBe(writeIp(text, alone, AT));
        expect(into).toEqual(alone);
      }),
      { numRuns: 5000 },
    );
  });
});

test('numbers are in host order, and are text again', () => {
  expect(parseIpv4Number('255.255.255.255')).toBe(0xffffffff);
  fc.assert(
    fc.property(fc.nat(0xffffffff), (number) => {
      expect(parseIpv4Number(formatIpv4Number(number))).toBe(number);
    }),
  );
});

test.each([
  ['writeIp', () => writeIp('fd00::1', new Uint8Array(16), 1)],
  ['writeIp', () => writeIp('10.0.0.1', new Uint8Array(15), 0)],
  ['writeIpv6', () => writeIpv6('::', new Uint8Array(16), -1)],
])('%s refuses too little room', (name, call) => {
  expect(call).toThrow(RangeError);
  expect(call).toThrow(new RegExp(`^${name}: expected 16 bytes at -?\\d+, got \\d+ in all`));
});
