import {
  familyOf,
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  ipFromBytes,
  parseIpPrefix,
} from '@podlan/wire';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  addressBits,
  addressCount,
  addressOfValue,
  addressValue,
  boundsOf,
  contains,
  nthAddress,
  offsetOf,
  overlaps,
  prefixAround,
  prefixOf,
  prefixSize,
  subnetsOf,
} from '../src/prefix.js';

const net = (text: string) => parseIpPrefix(text) as IpPrefix;

test.each<[string, string, boolean]>([
  ['10.244.0.0/16', '10.244.3.7', true],
  ['10.244.0.0/16', '10.245.0.0', false],
  ['10.244.0.0/16', '10.244.255.255', true],
  ['10.244.0.0/16', '10.244.1.0/24', true],
  ['10.244.1.0/24', '10.244.0.0/16', false],
  ['0.0.0.0/0', '255.255.255.255', true],
  ['0.0.0.0/0', 'fd00::1', false],
  ['::/0', '10.0.0.1', false],
  ['fd00:244::/48', 'fd00:244:0:16::/64', true],
  ['fd00:244::/48', 'fd00:245::1', false],
  ['fd00::1/128', 'fd00::1', true],
])('%s contains %s: %s', (prefix, inner, answer) => {
  expect(contains(net(prefix), inner as IpAddress)).toBe(answer);
});

test('prefixes overlap when one lies in the other', () => {
  expect(overlaps(net('10.244.0.0/20'), net('10.244.8.0/24'))).toBe(true);
  expect(overlaps(net('10.244.8.0/24'), net('10.244.0.0/20'))).toBe(true);
  expect(overlaps(net('10.244.0.0/24'), net('10.244.1.0/24'))).toBe(false);
});

test('addresses are counted from the network address on', () => {
  expect(addressCount(net('10.244.1.0/24'))).toBe(256n);
  expect(nthAddress(net('10.244.1.0/24'), 0)).toBe('10.244.1.0');
  expect(nthAddress(net('10.244.1.0/24'), 255)).toBe('10.244.1.255');
  expect(nthAddress(net('fd00:244::/64'), 2n ** 64n - 1n)).toBe('fd00:244::ffff:ffff:ffff:ffff');
  expect(() => nthAddress(net('10.244.1.0/24'), 256)).toThrow(RangeError);
  expect(() => nthAddress(net('10.244.1.0/24'), -1)).toThrow(RangeError);
});

test('an offset leads back to the address that it was counted from', () => {
  expect(offsetOf(net('10.244.1.0/24'), '10.244.1.7' as IpAddress)).toBe(7n);
  expect(offsetOf(net('fd00:244::/64'), 'fd00:244::1:0' as IpAddress)).toBe(0x10000n);
  expect(offsetOf(net('10.244.1.0/24'), '10.244.2.0' as IpAddress)).toBeUndefined();
  expect(offsetOf(net('10.244.1.0/24'), 'fd00::1' as IpAddress)).toBeUndefined();
});

test('addresses and numbers are each other’s inverse', () => {
  const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
  fc.assert(
    fc.property(fc.oneof(bytes(4), bytes(16)), (octets) => {
      const address = ipFromBytes(octets);
      expect(addressOfValue(familyOf(address), addressValue(address))).toBe(address);
    }),
  );
  expect(addressValue('10.244.1.7' as IpAddress)).toBe(0x0af40107n);
  expect(() => addressOfValue(4, 1n << 32n)).toThrow(RangeError);
  expect(() => addressOfValue(6, -1n)).toThrow(RangeError);
});

test('a prefix reaches from its network address to its last', () => {
  expect(boundsOf(net('10.244.1.0/24'))).toEqual({ first: 0x0af40100n, last: 0x0af401ffn });
  expect(boundsOf(net('0.0.0.0/0'))).toEqual({ first: 0n, last: 2n ** 32n - 1n });
  expect(boundsOf(net('::/0'))).toEqual({ first: 0n, last: 2n ** 128n - 1n });
  expect(boundsOf('10.244.1.7' as IpAddress)).toEqual({ first: 0x0af40107n, last: 0x0af40107n });
});

test.each<[4 | 6, number, bigint]>([
  [4, 0, 2n ** 32n],
  [4, 24, 256n],
  [4, 32, 1n],
  [6, 0, 2n ** 128n],
  [6, 64, 2n ** 64n],
  [6, 128, 1n],
])('an IPv%i prefix of length %i holds %i addresses', (family, length, size) => {
  expect(prefixSize(family, length)).toBe(size);
});

test('the prefix of an address alone has all the bits of its family', () => {
  const [four, six] = ['10.244.1.7' as IpAddress, 'fd00::5' as IpAddress];
  expect(prefixAround(four, addressBits(four))).toBe('10.244.1.7/32');
  expect(prefixAround(six, addressBits(six))).toBe('fd00::5/128');
  expect(prefixAround(four, 22)).toBe('10.244.0.0/22');
  expect(() => prefixAround(four, 33)).toThrow(RangeError);
});

test('an interface address is on its prefix', () => {
  expect(prefixOf('10.244.1.1/24' as InterfaceAddress)).toBe('10.244.1.0/24');
  expect(prefixOf('fd00::5/64' as InterfaceAddress)).toBe('fd00::/64');
});

test('the subnets of a network come in order, from and to where one says', () => {
  expect([...subnetsOf(net('10.244.0.0/22'), 24)]).toEqual([
    '10.244.0.0/24',
    '10.244.1.0/24',
    '10.244.2.0/24',
    '10.244.3.0/24',
  ]);
  const bounds = { first: '10.244.1.0' as IpAddress, last: net('10.244.2.0/24') };
  expect([...subnetsOf(net('10.244.0.0/22'), 24, bounds)]).toEqual(['10.244.1.0/24', '10.244.2.0/24']);
  expect(() => [...subnetsOf(net('10.244.0.0/22'), 21)]).toThrow(RangeError);
  expect(() => [...subnetsOf(net('10.244.0.0/22'), 24, { first: '10.1.0.0' as IpAddress })]).toThrow(
    RangeError,
  );
});

test('subnets are made as they are asked for', () => {
  const [first] = subnetsOf(net('fd00::/8'), 128);
  expect(first).toBe('fd00::/128');
});

test('an address lies in a prefix when their first bits agree', () => {
  const bytes = fc.array(fc.integer({ min: 0, max: 255 }), { minLength: 4, maxLength: 4 });
  const bits = (address: number[], length: number): string =>
    address
      .map((byte) => byte.toString(2).padStart(8, '0'))
      .join('')
      .slice(0, length);
  fc.assert(
    fc.property(
      bytes,
      bytes,
      fc.integer({ min: 0, max: 32 }),
      fc.integer({ min: 0, max: 4 }),
      (a, b, length, same) => {
        const inner = [...a.slice(0, same), ...b.slice(same)];
        const answer = contains(net(`${a.join('.')}/${length}`), inner.join('.') as IpAddress);
        expect(answer).toBe(bits(a, length) === bits(inner, length));
      },
    ),
  );
});
