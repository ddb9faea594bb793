import { describe, expect, test } from 'vitest';
import { emitIpv4, type IpAddress, type Ipv4Packet, parseIpv4, parseIpv4Quote } from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const codec = { parse: parseIpv4, emit: emitIpv4, least: 20 };
const plain: Ipv4Packet = {
  source: '10.0.0.1' as IpAddress,
  destination: '10.0.0.2' as IpAddress,
  protocol: 17,
  ttl: 64,
  trafficClass: 0xb8,
  identification: 0x1234,
  dontFragment: true,
  moreFragments: false,
  fragmentOffset: 0,
  options: new Uint8Array(),
  payload: bytesOf('0102030405060708'),
};
const PLAIN = '45 b8 001c 1234 4000 40 11 13e3 0a000001 0a000002 0102030405060708';

describe('IPv4', () => {
  testCodec<Ipv4Packet>(codec, [
    { name: 'a packet', hex: PLAIN, value: plain },
    {
      name: 'options without payload',
      hex: '46 00 0018 1234 2001 40 01 9fa9 0a000001 0a000002 94040000',
      value: {
        ...plain,
        ...{ protocol: 1, trafficClass: 0, dontFragment: false, moreFragments: true, fragmentOffset: 8 },
        ...{ options: bytesOf('94040000'), payload: new Uint8Array() },
      },
    },
    {
      name: 'a last fragment',
      hex: '45 00 001a 0001 00b9 ff 06 a721 0a000001 0a000002 010203040506',
      value: {
        ...plain,
        ...{ protocol: 6, ttl: 255, trafficClass: 0, identification: 1, dontFragment: false },
        ...{ fragmentOffset: 1480, payload: bytesOf('010203040506') },
      },
    },
  ]);

  testRefusals(codec, [
    ['version 6', PLAIN.replace('45', '65')],
    ['a header of 16 bytes', PLAIN.replace('45', '44')],
    ['a header longer than the packet', PLAIN.replace('45', '4f')],
    ['a total length below the header', PLAIN.replace('001c', '0013')],
    ['a total length beyond the bytes', PLAIN.replace('001c', '001d')],
    ['a wrong header checksum', PLAIN.replace('13e3', '13e4')],
  ]);

  test('leaves Ethernet padding out of the payload', () => {
    expect(parseIpv4(bytesOf(`${PLAIN} a5a5a5a5`))).toEqual(plain);
  });

  test('reads the beginning of a packet that an ICMP error quotes', () => {
    const cut = bytesOf(PLAIN).subarray(0, 24);
    expect(parseIpv4(cut)).toBeUndefined();
    expect(parseIpv4Quote(cut)).toEqual({ ...plain, payload: bytesOf('01020304') });
  });

  test.each([
    ['fragmentOffset', { fragmentOffset: 4 }, 'multiples of 8'],
    ['options', { options: new Uint8Array(3) }, 'multiples of 4'],
    ['too many options', { options: new Uint8Array(44) }, 'header words'],
    ['ttl', { ttl: 256 }, 'ttl: expected an unsigned number of 8 bits, got 256'],
    ['identification', { identification: -1 }, 'identification'],
    ['payload', { payload: new Uint8Array(65_516) }, 'total length'],
    ['source', { source: 'fd00::1' as IpAddress }, 'expected an IPv4 address, got fd00::1'],
  ])('throws for a wrong %s', (_name, wrong, message) => {
    expect(() => emitIpv4({ ...plain, ...wrong }, new Uint8Array(70_000))).toThrow(message);
  });
});
