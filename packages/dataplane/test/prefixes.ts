/** Arbitrary addresses, prefixes and changes of a table, for fast-check. */
import { ipFromBytes, parseIpPrefix } from '@podlan/wire';
import fc from 'fast-check';

const addressBytes = (bytes: number) =>
  fc.oneof(
    fc.uint8Array({ minLength: bytes, maxLength: bytes }),
    // Few distinct bits, so that prefixes nest, split and meet again.
    fc
      .uint8Array({ minLength: bytes, maxLength: bytes })
      .map((all) => all.map((byte, i) => (i < 4 || i === bytes - 1 ? byte & 0xc1 : 0))),
  );

export const address = fc.oneof(addressBytes(4), addressBytes(16)).map((bytes) => ipFromBytes(bytes));

const LENGTHS = [
  0, 1, 2, 5, 6, 7, 12, 13, 17, 18, 19, 23, 24, 25, 30, 31, 32, 60, 63, 64, 65, 66, 78, 79, 126, 127, 128,
];

export const prefix = fc
  .tuple(address, fc.double({ min: 0, max: 1, noNaN: true }), fc.constantFrom(undefined, ...LENGTHS))
  .map(([at, part, chosen]) => {
    const bits = at.includes(':') ? 128 : 32;
    return parseIpPrefix(`${at}/${Math.min(bits, chosen ?? Math.round(part * bits))}`)!;
  });

/** Few distinct ones, so that neighbours are equal; some that an entry of the trie can't hold. */
export const value = fc.oneof(
  fc.nat({ max: 2 }),
  fc.constantFrom(0x3ffffffe, 0x3fffffff, 0x80000000, 0xfffffffe),
);

export const step = fc.oneof(
  { weight: 3, arbitrary: fc.record({ op: fc.constant('insert' as const), prefix, value }) },
  { weight: 1, arbitrary: fc.record({ op: fc.constant('delete' as const), prefix }) },
  // Which of those inserted so far.
  { weight: 2, arbitrary: fc.record({ op: fc.constant('delete-known' as const), nth: fc.nat() }) },
);
