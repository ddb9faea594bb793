import { describe, expect, test } from 'vitest';
import {
  emitTcp,
  type IpAddress,
  parseTcp,
  parseTcpOptions,
  TcpFlag,
  type TcpOption,
  type TcpSegment,
  tcpOptionBytes,
} from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const v4 = { source: '10.0.0.1' as IpAddress, destination: '10.0.0.2' as IpAddress };
const v6 = { source: 'fd00::1' as IpAddress, destination: 'fd00::2' as IpAddress };
const SYN = '1389 1f90 00000001 00000000 6002 0fa0 416a 0000 020405b4';
const syn: TcpSegment = {
  ...{ sourcePort: 5001, destinationPort: 8080, sequence: 1, acknowledgment: 0, flags: TcpFlag.syn },
  ...{ window: 4000, urgentPointer: 0, options: bytesOf('020405b4'), payload: bytesOf('') },
};

function codecUnder(pseudo: typeof v4, least: number) {
  return {
    parse: (bytes: Uint8Array) => parseTcp(bytes, pseudo),
    emit: (segment: TcpSegment, into: Uint8Array) => emitTcp(segment, into, pseudo),
    least,
  };
}

describe('TCP', () => {
  testCodec<TcpSegment>(codecUnder(v4, 24), [{ name: 'a SYN with its MSS', hex: SYN, value: syn }]);

  testCodec<TcpSegment>(codecUnder(v6, 20), [
    {
      name: 'data under IPv6, with numbers that fill their fields',
      hex: '1389 1f90 fffffffe 80000000 51f8 ffff 3c5a 0010 616263',
      value: {
        ...{ sourcePort: 5001, destinationPort: 8080, sequence: 0xfffffffe, acknowledgment: 0x80000000 },
        flags: TcpFlag.ae | TcpFlag.cwr | TcpFlag.ece | TcpFlag.urg | TcpFlag.ack | TcpFlag.psh,
        ...{ window: 65_535, urgentPointer: 16, options: bytesOf(''), payload: bytesOf('616263') },
      },
    },
  ]);

  const unchecked = { ...codecUnder(v4, 20), parse: (bytes: Uint8Array) => parseTcp(bytes) };
  testRefusals(unchecked, [
    ['a header of 16 bytes', SYN.replace('6002', '4002')],
    ['a header longer than the segment', SYN.replace('6002', '7002')],
  ]);
  testRefusals(codecUnder(v4, 20), [['a wrong checksum', SYN.replace('416a', '416b')]]);

  test.each([
    ['options', { options: new Uint8Array(2) }, 'multiples of 4'],
    ['flags', { flags: 0x200 }, 'flags'],
    ['sequence', { sequence: 2 ** 32 }, 'sequence'],
  ])('throws for wrong %s', (_name, wrong, message) => {
    expect(() => emitTcp({ ...syn, ...wrong }, new Uint8Array(128), v4)).toThrow(message);
  });
});

describe('TCP options', () => {
  const all: readonly (readonly [string, TcpOption])[] = [
    ['0204 05b4', { kind: 'mss', bytes: 1460 }],
    ['0303 0a', { kind: 'window-scale', shift: 10 }],
    ['0402', { kind: 'sack-permitted' }],
    ['01', { kind: 'nop' }],
    ['080a 5f72a252 ffffffff', { kind: 'timestamps', value: 0x5f72a252, echo: 0xffffffff }],
    [
      '0512 00000001 00000002 fffffffe ffffffff',
      {
        kind: 'sack',
        blocks: [
          { left: 1, right: 2 },
          { left: 0xfffffffe, right: 0xffffffff },
        ],
      },
    ],
    ['fd04 beef', { kind: 'other', number: 253, data: bytesOf('beef') }],
  ];

  test.each(all)('%s is read and written', (hex, option) => {
    const bytes = bytesOf(hex);
    expect(parseTcpOptions(bytes)).toEqual([option]);
    const written = tcpOptionBytes([option]);
    expect(written.subarray(0, bytes.length)).toEqual(bytes);
    expect(written.length).toBe(Math.ceil(bytes.length / 4) * 4);
  });

  test('follow each other and end at the end-of-list', () => {
    const options = all.slice(0, 4).map(([, option]) => option);
    expect(parseTcpOptions(bytesOf('020405b4 03030a 0402 01 00 ffff'))).toEqual(options);
  });

  test.each([
    ['a length of zero', '0200 05b4'],
    ['a length of one', '0201 05b4'],
    ['a length beyond the options', '0206 05b4'],
    ['a kind without a length', '01 01 01 02'],
    ['an MSS of three bytes', '0203 05 00'],
    ['a SACK without blocks', '0502 0000'],
    ['a SACK with half a block', '0506 00000001 0000'],
  ])('are refused with %s', (_name, hex) => {
    expect(parseTcpOptions(bytesOf(hex))).toBeUndefined();
  });
});
