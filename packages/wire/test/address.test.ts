import { isIP } from 'node:net';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  familyOf,
  type IpAddress,
  ipFromBytes,
  ipFromMappedBytes,
  ipToBytes,
  ipToMappedBytes,
  type MacAddress,
  macFromBytes,
  macToBytes,
  parseInterfaceAddress,
  parseIpAddress,
  parseIpPrefix,
  parseMacAddress,
  prefixAddress,
  prefixLength,
} from '../src/index.js';

test.each([
  ['10.244.1.5', '10.244.1.5'],
  ['0.0.0.0', '0.0.0.0'],
  ['255.255.255.255', '255.255.255.255'],
  ['::', '::'],
  ['0:0:0:0:0:0:0:1', '::1'],
  ['FD00::ABCD', 'fd00::abcd'],
  ['2001:0db8::0001', '2001:db8::1'],
  // RFC 5952, section 4.2.2: one zero group alone is not shortened.
  ['2001:db8::1:1:1:1:1', '2001:db8:0:1:1:1:1:1'],
  // Section 4.2.3: the longest run, and the first of equals.
  ['2001:0:0:1:0:0:0:1', '2001:0:0:1::1'],
  ['2001:db8:0:0:1:0:0:1', '2001:db8::1:0:0:1'],
  ['1:2:3:4:5:6:7::', '1:2:3:4:5:6:7:0'],
  ['::2:3:4:5:6:7:8', '0:2:3:4:5:6:7:8'],
  ['::ffff:10.0.0.1', '::ffff:10.0.0.1'],
  ['::ffff:a00:1', '::ffff:10.0.0.1'],
  ['64:ff9b::10.0.0.1', '64:ff9b::a00:1'],
])('the address %s is %s', (text, canonical) => {
  expect(parseIpAddress(text)).toBe(canonical);
});

test.each(
  [
    [
      '',
      ' ',
      '1',
      '1.2.3',
      '1.2.3.4.5',
      '1.2.3.256',
      '01.2.3.4',
      '1.2.3.00',
      '0x1.2.3.4',
      '1.2.3.4 ',
      ' 1.2.3.4',
    ],
    [
      '1.2.3.4\n',
      '+1.2.3.4',
      '-1.2.3.4',
      '1.2..4',
      '1.2.3.',
      '.1.2.3',
      '1e1.2.3.4',
      '10.0.0.1/24',
      '\u0661.2.3.4',
    ],
    [':', ':::', '::1::', '1:::2', ':1', '1:', '1:2:3:4:5:6:7', '1:2:3:4:5:6:7:8:9', '1:2:3:4:5:6:7:8:'],
    [
      '1:2:3:4::5:6:7:8',
      '12345::',
      'g::',
      'fe80::1%eth0',
      '[::1]',
      '::1.2.3',
      '::1.2.3.4:5',
      '1.2.3.4::',
      '::01.2.3.4',
    ],
    ['1:2:3:4:5:6:7:1.2.3.4', '::1/64', '1.2.3.4:1::', '::-1', '::0x1', '::1\n'],
  ].flat(),
)('%j is no address', (text) => {
  expect(parseIpAddress(text)).toBeUndefined();
});

describe('prefixes and interface addresses', () => {
  test.each([
    ['10.244.1.7/24', '10.244.1.0/24', '10.244.1.7/24'],
    ['255.255.255.255/0', '0.0.0.0/0', '255.255.255.255/0'],
    ['10.0.0.1/32', '10.0.0.1/32', '10.0.0.1/32'],
    ['10.255.255.255/9', '10.128.0.0/9', '10.255.255.255/9'],
    ['FD00:1:2:3::5/49', 'fd00:1:2::/49', 'fd00:1:2:3::5/49'],
    ['::1/128', '::1/128', '::1/128'],
    ['ffff::/0', '::/0', 'ffff::/0'],
  ])('%s has the prefix %s', (text, prefix, interfaceAddress) => {
    expect(parseIpPrefix(text)).toBe(prefix);
    expect(parseInterfaceAddress(text)).toBe(interfaceAddress);
  });

  test.each(
    ['10.0.0.1', '10.0.0.1/', '10.0.0.1/33', '10.0.0.1/024', '10.0.0.1/-1', '10.0.0.1/1.5'].concat([
      ...[
        '10.0.0.1/24/1',
        '/24',
        '::/129',
        '::/ 1',
        '10.0.0.0/8 ',
        '10.0.0/8',
        '::/1e1',
        '10.0.0.0/255.0.0.0',
      ],
    ]),
  )('%j is neither', (text) => {
    expect(parseIpPrefix(text)).toBeUndefined();
    expect(parseInterfaceAddress(text)).toBeUndefined();
  });

  test('give back their parts', () => {
    const prefix = parseIpPrefix('fd00::/56')!;
    expect([prefixAddress(prefix), prefixLength(prefix), familyOf(prefix)]).toEqual(['fd00::', 56, 6]);
    const address = parseInterfaceAddress('10.0.0.9/8')!;
    expect([prefixAddress(address), prefixLength(address), familyOf(address)]).toEqual(['10.0.0.9', 8, 4]);
  });
});

describe('MAC addresses', () => {
  test('are lower case with colons', () => {
    expect(parseMacAddress('3A:a6:BC:cb:d8:D4')).toBe('3a:a6:bc:cb:d8:d4');
  });

  test.each([
    ...[
      '',
      '3a:a6:bc:cb:d8',
      '3a:a6:bc:cb:d8:d4:00',
      '3a-a6-bc-cb-d8-d4',
      '3aa6bccbd8d4',
      '3a:a6:bc:cb:d8:g4',
    ],
    ...['3a:a6:bc:cb:d8:d', '3a:a6:bc:cb:d8:d4 ', '3a:a6:bc:cb:d8:d4\n', '3:a:a6:bc:cb:d8'],
  ])('%j is none', (text) => {
    expect(parseMacAddress(text)).toBeUndefined();
  });

  test('are six bytes and back', () => {
    expect(macToBytes(macFromBytes(Uint8Array.of(0, 1, 2, 253, 254, 255)))).toEqual(
      Uint8Array.of(0, 1, 2, 253, 254, 255),
    );
  });
});

describe('bytes', () => {
  const v4 = fc.uint8Array({ minLength: 4, maxLength: 4 });
  const zeroOften = fc.oneof(fc.constant(0), fc.nat(255));
  const v6 = fc.array(zeroOften, { minLength: 16, maxLength: 16 }).map((bytes) => Uint8Array.from(bytes));

  test('to text and back are the same bytes, and the text is its own canonical form', () => {
    fc.assert(
      fc.property(fc.oneof(v4, v6), (bytes) => {
        const text = ipFromBytes(bytes);
        expect(parseIpAddress(text)).toBe(text);
        expect(ipToBytes(text)).toEqual(bytes);
      }),
      { numRuns: 1000 },
    );
  });

  test('print IPv6 as the URL standard does, which shortens by the same rule', () => {
    fc.assert(
      fc.property(v6, (bytes) => {
        const text = ipFromBytes(bytes);
        fc.pre(!text.startsWith('::ffff:') || !text.includes('.'));
        expect(new URL(`http://[${text}]/`).hostname).toBe(`[${text}]`);
      }),
      { numRuns: 1000 },
    );
  });

  test('mapped are always 16, and IPv4 comes back as IPv4', () => {
    const address = parseIpAddress('10.1.2.3')!;
    expect(ipToMappedBytes(address)).toEqual(
      Uint8Array.of(0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 255, 255, 10, 1, 2, 3),
    );
    fc.assert(
      fc.property(fc.oneof(v4, v6), (bytes) => {
        const text = ipFromBytes(bytes);
        fc.pre(!(bytes.length === 16 && text.includes('.')));
        expect(ipFromMappedBytes(ipToMappedBytes(text))).toBe(text);
      }),
    );
  });

  test('accept what the platform accepts, and nothing else', () => {
    const text = fc.string({ unit: fc.constantFrom(...'0123456789abcdefF::::....'), maxLength: 40 });
    const groups = fc.array(fc.constantFrom('', '0', '1', 'ffff', '00ab', '1.2.3.4'), { maxLength: 9 });
    fc.assert(
      fc.property(
        fc.oneof(
          text,
          groups.map((parts) => parts.join(':')),
        ),
        (candidate) => {
          expect(parseIpAddress(candidate) !== undefined).toBe(isIP(candidate) !== 0);
        },
      ),
      { numRuns: 5000 },
    );
  });
});

test.each([
  ['ipToBytes', () => ipToBytes('junk' as IpAddress), TypeError],
  ['ipFromBytes', () => ipFromBytes(new Uint8Array(5)), RangeError],
  ['ipFromMappedBytes', () => ipFromMappedBytes(new Uint8Array(4)), RangeError],
  ['macToBytes', () => macToBytes('junk' as MacAddress), TypeError],
  ['macFromBytes', () => macFromBytes(new Uint8Array(7)), RangeError],
])('%s says what it expected and what it got', (name, call, error) => {
  expect(call).toThrow(error);
  expect(call).toThrow(new RegExp(`${name}: expected .*, got `));
});
