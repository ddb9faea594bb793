import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  checksumHolds,
  internetChecksum,
  ipFromBytes,
  onesComplementSum,
  pseudoHeaderSum,
  transportChecksum,
} from '../src/index.js';
import { naiveChecksum, naivePseudoHeader } from './oracle/checksum.js';

const anyBytes = fc.uint8Array({ maxLength: 2000 });
const evenBytes = anyBytes.map((bytes) => bytes.subarray(0, bytes.length & ~1));
const sameFamily = fc.constantFrom(4, 16).chain((size) => {
  const address = fc.uint8Array({ minLength: size, maxLength: size });
  return fc.tuple(address, address);
});

test('RFC 1071, section 3: the example sums to ddf2', () => {
  expect(onesComplementSum(Uint8Array.of(0x00, 0x01, 0xf2, 0x03, 0xf4, 0xf5, 0xf6, 0xf7))).toBe(0xddf2);
});

test('64 KiB of ones does not overflow', () => {
  expect(onesComplementSum(new Uint8Array(65_536).fill(0xff), 0xffff)).toBe(0xffff);
});

describe('against the oracle', () => {
  test('any bytes', () => {
    fc.assert(
      fc.property(anyBytes, (bytes) => {
        expect(internetChecksum(bytes)).toBe(naiveChecksum(bytes));
      }),
    );
  });

  test('pieces chained after even lengths', () => {
    fc.assert(
      fc.property(evenBytes, anyBytes, (head, tail) => {
        const whole = Uint8Array.of(...head, ...tail);
        expect(internetChecksum(tail, onesComplementSum(head))).toBe(naiveChecksum(whole));
      }),
    );
  });

  test('segments under a pseudo header of either family', () => {
    const protocol = fc.constantFrom(6, 17, 58);
    fc.assert(
      fc.property(sameFamily, protocol, anyBytes, ([source, destination], number, segment) => {
        const pseudo = { source: ipFromBytes(source), destination: ipFromBytes(destination) };
        const head = naivePseudoHeader(source, destination, number, segment.length);
        expect(transportChecksum(segment, pseudo, number)).toBe(
          naiveChecksum(Uint8Array.of(...head, ...segment)),
        );
      }),
    );
  });

  test('a length beyond 16 bits, as IPv6 allows', () => {
    const any = ipFromBytes(new Uint8Array(16));
    const head = naivePseudoHeader(new Uint8Array(16), new Uint8Array(16), 6, 0x12_3456);
    const sum = pseudoHeaderSum({ source: any, destination: any }, 6, 0x12_3456);
    expect(~sum & 0xffff).toBe(naiveChecksum(head));
  });
});

test('a range that carries its checksum holds, and a flipped bit does not', () => {
  fc.assert(
    fc.property(fc.uint8Array({ minLength: 4, maxLength: 100 }), fc.nat(), fc.nat(7), (bytes, at, bit) => {
      const whole = Uint8Array.from(bytes.subarray(0, bytes.length & ~1));
      whole.set([0, 0], 2);
      const sum = internetChecksum(whole);
      whole.set([sum >> 8, sum & 0xff], 2);
      expect(checksumHolds(whole)).toBe(true);
      whole[at % whole.length]! ^= 1 << bit;
      expect(checksumHolds(whole)).toBe(false);
    }),
  );
});
