import { describe, expect, test } from 'vitest';
import { emitIcmp, type IcmpMessage, parseIcmp } from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const codec = { parse: parseIcmp, emit: emitIcmp, least: 8 };
const quote = bytesOf('deadbeef');

describe('ICMP', () => {
  testCodec<IcmpMessage>(codec, [
    {
      name: 'an echo request',
      hex: '08 00 ce30 0007 0001 6162636465',
      value: { kind: 'echo-request', identifier: 7, sequence: 1, data: bytesOf('6162636465') },
    },
    {
      name: 'an echo reply',
      hex: '00 00 0000 ffff ffff',
      value: { kind: 'echo-reply', identifier: 0xffff, sequence: 0xffff, data: bytesOf('') },
    },
    {
      name: 'fragmentation needed with the next-hop MTU',
      hex: '03 04 59e4 0000 057a deadbeef',
      value: { kind: 'destination-unreachable', code: 4, mtu: 1402, quote },
    },
    {
      name: 'port unreachable',
      hex: '03 03 5f5f 00000000 deadbeef',
      value: { kind: 'destination-unreachable', code: 3, mtu: 0, quote },
    },
    {
      name: 'time exceeded',
      hex: '0b 00 5762 00000000 deadbeef',
      value: { kind: 'time-exceeded', code: 0, quote },
    },
    {
      name: 'a timestamp request, which has no kind of its own',
      hex: '0d 00 f2f9 00010002 00000001 00000002',
      value: { kind: 'other', type: 13, code: 0, rest: 0x10002, data: bytesOf('0000000100000002') },
    },
  ]);

  testRefusals(codec, [
    ['a wrong checksum', '08 00 ce31 0007 0001 6162636465'],
    ['a payload with a flipped bit', '08 00 ce30 0007 0001 6162636464'],
  ]);

  test('throws for an MTU that does not fit', () => {
    const message: IcmpMessage = { kind: 'destination-unreachable', code: 4, mtu: 65_536, quote };
    expect(() => emitIcmp(message, new Uint8Array(64))).toThrow(
      'mtu: expected an unsigned number of 16 bits',
    );
  });
});
