import { describe, expect, test } from 'vitest';
import {
  emitIpv6,
  type IpAddress,
  type Ipv6Packet,
  parseIpv6,
  parseIpv6Quote,
  skipExtensions,
} from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const A = 'fd000000000000000000000000000001';
const B = 'fd000000000000000000000000000002';
const codec = { parse: parseIpv6, emit: emitIpv6, least: 40 };
const plain: Ipv6Packet = {
  source: 'fd00::1' as IpAddress,
  destination: 'fd00::2' as IpAddress,
  trafficClass: 0xb8,
  flowLabel: 0xabcde,
  nextHeader: 17,
  hopLimit: 64,
  payload: bytesOf('01020304'),
};
const PLAIN = `6b8abcde 0004 11 40 ${A} ${B} 01020304`;

describe('IPv6', () => {
  testCodec<Ipv6Packet>(codec, [
    { name: 'a packet', hex: PLAIN, value: plain },
    {
      name: 'an empty packet with every bit of the first word set',
      hex: `6fffffff 0000 3b ff ${A} ${B}`,
      value: {
        ...plain,
        trafficClass: 255,
        flowLabel: 0xfffff,
        nextHeader: 59,
        hopLimit: 255,
        payload: bytesOf(''),
      },
    },
  ]);

  testRefusals(codec, [
    ['version 4', PLAIN.replace('6b', '4b')],
    ['a payload length beyond the bytes', PLAIN.replace('0004', '0005')],
  ]);

  test('leaves Ethernet padding out of the payload', () => {
    expect(parseIpv6(bytesOf(`${PLAIN} a5a5`))).toEqual(plain);
  });

  test('reads the beginning of a packet that an ICMPv6 error quotes', () => {
    const cut = bytesOf(PLAIN).subarray(0, 42);
    expect(parseIpv6Quote(cut)).toEqual({ ...plain, payload: bytesOf('0102') });
  });

  test.each([
    ['flowLabel', { flowLabel: 0x100000 }, 'flowLabel'],
    ['payload', { payload: new Uint8Array(65_536) }, 'payload length'],
    ['destination', { destination: '10.0.0.1' as IpAddress }, 'expected an IPv6 address, got 10.0.0.1'],
  ])('throws for a wrong %s', (_name, wrong, message) => {
    expect(() => emitIpv6({ ...plain, ...wrong }, new Uint8Array(70_000))).toThrow(message);
  });
});

describe('the chain of extension headers', () => {
  const behind = (nextHeader: number, hex: string) =>
    skipExtensions({ ...plain, nextHeader, payload: bytesOf(hex) });
  const payload = bytesOf('cafe');

  test.each([
    ['none', 17, 'cafe'],
    ['hop-by-hop', 0, '11 00 050200000100 cafe'],
    ['routing of 16 bytes', 43, '11 01 0000000000000000000000000000 cafe'],
    ['authentication, counted in words of 4', 51, '11 01 00000000000000000000 cafe'],
    ['hop-by-hop, then destination options', 0, '3c 00 050200000100 11 00 010400000000 cafe'],
  ])('is skipped: %s', (_name, nextHeader, hex) => {
    expect(behind(nextHeader, hex)).toEqual({ protocol: 17, payload });
  });

  test('tells of a first fragment and goes on behind it', () => {
    const fragment = { identification: 7, offset: 0, more: true };
    expect(behind(44, '3c 00 0001 00000007 11 00 010400000000 cafe')).toEqual({
      protocol: 17,
      payload,
      fragment,
    });
  });

  test('ends at a later fragment, behind which no header stands', () => {
    const fragment = { identification: 7, offset: 1448, more: false };
    expect(behind(44, '00 00 05a8 00000007 cafe')).toEqual({ protocol: 0, payload, fragment });
  });

  test.each([
    ['is cut before 8 bytes', 0, '11 00 0502000001'],
    ['says more than there is', 0, '11 01 050200000100'],
    ['ends in a header that is not there', 0, '3c 00 050200000100'],
  ])('is refused when it %s', (_name, nextHeader, hex) => {
    expect(behind(nextHeader, hex)).toBeUndefined();
  });
});
