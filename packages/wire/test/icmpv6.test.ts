import { describe, expect, test } from 'vitest';
import {
  emitIcmpv6,
  type Icmpv6Message,
  type IpAddress,
  linkAddressOf,
  linkAddressOption,
  type MacAddress,
  NdpOptionType,
  ndpOptionBytes,
  parseIcmpv6,
  parseNdpOptions,
} from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const pseudo = { source: 'fd00::1' as IpAddress, destination: 'fd00::2' as IpAddress };
const TARGET = 'fd000000000000000000000000000002';
const target = 'fd00::2' as IpAddress;
const quote = bytesOf('deadbeef');
const codec = {
  parse: (bytes: Uint8Array) => parseIcmpv6(bytes, pseudo),
  emit: (message: Icmpv6Message, into: Uint8Array) => emitIcmpv6(message, into, pseudo),
  least: 8,
};

describe('ICMPv6', () => {
  testCodec<Icmpv6Message>(codec, [
    {
      name: 'an echo request',
      hex: '80 00 5be4 0007 0001 6162636465',
      value: { kind: 'echo-request', identifier: 7, sequence: 1, data: bytesOf('6162636465') },
    },
    {
      name: 'an echo reply',
      hex: '81 00 84b8 ffff ffff',
      value: { kind: 'echo-reply', identifier: 0xffff, sequence: 0xffff, data: bytesOf('') },
    },
    {
      name: 'port unreachable',
      hex: '01 04 6713 00000000 deadbeef',
      value: { kind: 'destination-unreachable', code: 4, quote },
    },
    {
      name: 'packet too big',
      hex: '02 00 6117 00000500 deadbeef',
      value: { kind: 'packet-too-big', mtu: 1280, quote },
    },
    {
      name: 'time exceeded',
      hex: '03 00 6517 00000000 deadbeef',
      value: { kind: 'time-exceeded', code: 0, quote },
    },
    {
      name: 'a neighbor solicitation',
      hex: `87 00 7e9b 00000000 ${TARGET} 01 01 020000000001`,
      value: { kind: 'neighbor-solicitation', target, options: [{ type: 1, body: bytesOf('020000000001') }] },
    },
    {
      name: 'a neighbor advertisement',
      hex: `88 00 9c99 e0000000 ${TARGET} 02 01 020000000002`,
      value: {
        ...{ kind: 'neighbor-advertisement', router: true, solicited: true, override: true, target },
        options: [{ type: 2, body: bytesOf('020000000002') }],
      },
    },
    {
      name: 'a neighbor advertisement without flags and options',
      hex: `88 00 80a5 00000000 ${TARGET}`,
      value: {
        ...{ kind: 'neighbor-advertisement', router: false, solicited: false, override: false, target },
        options: [],
      },
    },
    {
      name: 'a router solicitation, which has no kind of its own',
      hex: '85 00 80b8 00000000',
      value: { kind: 'other', type: 133, code: 0, rest: 0, data: bytesOf('') },
    },
  ]);

  testRefusals(codec, [['a wrong checksum', '80 00 5be5 0007 0001 6162636465']]);

  const unchecked = { ...codec, parse: (bytes: Uint8Array) => parseIcmpv6(bytes) };
  testRefusals(unchecked, [
    ['a solicitation cut inside its target', `87 00 0000 00000000 ${TARGET.slice(2)}`],
    ['a solicitation with a code', `87 01 0000 00000000 ${TARGET}`],
    ['an option of length zero', `87 00 0000 00000000 ${TARGET} 01 00 020000000001`],
    ['an option that leaves the message', `87 00 0000 00000000 ${TARGET} 01 02 020000000001`],
    ['an option cut after its type', `88 00 0000 00000000 ${TARGET} 01`],
  ]);

  test('throws for an IPv4 target', () => {
    const message: Icmpv6Message = {
      kind: 'neighbor-solicitation',
      target: '10.0.0.1' as IpAddress,
      options: [],
    };
    expect(() => emitIcmpv6(message, new Uint8Array(64), pseudo)).toThrow(
      'expected an IPv6 target, got 10.0.0.1',
    );
  });
});

describe('Neighbor Discovery options', () => {
  const mac = '02:00:00:00:00:01' as MacAddress;
  const options = [
    linkAddressOption(NdpOptionType.sourceLinkAddress, mac),
    { type: 14, body: bytesOf('010203040506') },
  ];

  test('are found by type', () => {
    const parsed = parseNdpOptions(ndpOptionBytes(options))!;
    expect(parsed).toEqual(options);
    expect(linkAddressOf(parsed, NdpOptionType.sourceLinkAddress)).toBe(mac);
    expect(linkAddressOf(parsed, NdpOptionType.targetLinkAddress)).toBeUndefined();
  });

  test('throw when they do not fill units of 8 bytes', () => {
    expect(() => ndpOptionBytes([{ type: 1, body: new Uint8Array(5) }])).toThrow('multiples of 8');
  });
});
