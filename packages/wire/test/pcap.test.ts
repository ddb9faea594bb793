/** Captures as bytes, and as tshark reads them back. */

import { describe, expect, test } from 'vitest';
import { pcapHeader, pcapngHeader, pcapngRecord, pcapRecord } from '../src/index.js';
import { tsharkFields as tshark } from './capture-files.js';
import { bytesOf } from './codec-case.js';

const TIME_NS = 1_700_000_000_123_456_789n;
const ARP = bytesOf(
  'ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002',
);
const IP = bytesOf('45 00 0014 1234 4000 40 3b 1480 0a000001 0a000002');

describe('pcap', () => {
  test('begins with magic, version 2.4, snap length and link type', () => {
    expect(pcapHeader()).toEqual(bytesOf('4d3cb2a1 0200 0400 00000000 00000000 00000400 01000000'));
    expect(pcapHeader({ linkType: 'raw', timeUnit: 'microseconds' })).toEqual(
      bytesOf('d4c3b2a1 0200 0400 00000000 00000000 00000400 65000000'),
    );
  });

  test('has records with seconds, fraction, captured and original length', () => {
    const packet = { timeNs: TIME_NS, bytes: bytesOf('deadbeef'), originalLength: 1500 };
    expect(pcapRecord(packet)).toEqual(bytesOf('00f15365 15cd5b07 04000000 dc050000 deadbeef'));
    expect(pcapRecord(packet, 'microseconds')).toEqual(
      bytesOf('00f15365 40e20100 04000000 dc050000 deadbeef'),
    );
  });

  test.each([
    ['nanoseconds', '1700000000.123456789'],
    ['microseconds', '1700000000.123456000'],
  ] as const)('is read by tshark in %s', (timeUnit, time) => {
    const records = [1n, 2n].map((n) =>
      pcapRecord({ timeNs: TIME_NS + n * 1_000_000_000n, bytes: ARP }, timeUnit),
    );
    const rows = tshark(Buffer.concat([pcapHeader({ timeUnit }), ...records]), [
      'frame.time_epoch',
      'arp.dst.proto_ipv4',
    ]);
    expect(rows).toEqual([
      [time.replace('0.', '1.'), '10.0.0.2'],
      [time.replace('0.', '2.'), '10.0.0.2'],
    ]);
  });

  test('of raw IP is read by tshark', () => {
    const capture = Buffer.concat([pcapHeader({ linkType: 'raw' }), pcapRecord({ timeNs: 0n, bytes: IP })]);
    expect(tshark(capture, ['ip.src', 'frame.len'])).toEqual([['10.0.0.1', '20']]);
  });

  test.each([-1n, 2n ** 32n * 1_000_000_000n])(
    'throws for the time %d, which has no seconds in 32 bits',
    (timeNs) => {
      expect(() => pcapRecord({ timeNs, bytes: ARP })).toThrow(RangeError);
    },
  );
});

describe('pcapng', () => {
  const header = pcapngHeader([{ name: 'veth-a' }, { name: 'flannel0', linkType: 'raw' }]);

  test('has blocks that say their length at both ends and fill words of 4 bytes', () => {
    const capture = Buffer.concat([
      header,
      pcapngRecord({ interfaceId: 0, timeNs: TIME_NS, bytes: ARP.subarray(0, 41), comment: 'abc' }),
    ]);
    const types: number[] = [];
    for (let at = 0; at < capture.length; ) {
      const length = capture.readUInt32LE(at + 4);
      expect(length % 4).toBe(0);
      expect(capture.readUInt32LE(at + length - 4)).toBe(length);
      types.push(capture.readUInt32LE(at));
      at += length;
    }
    expect(types).toEqual([0x0a0d0d0a, 1, 1, 6]);
  });

  test.each([-1n, 2n ** 64n])('throws for the time %d, which does not fit 64 bits', (timeNs) => {
    expect(() => pcapngRecord({ interfaceId: 0, timeNs, bytes: ARP })).toThrow(RangeError);
  });

  test('is read by tshark with interfaces, times, lengths and comments', () => {
    const capture = Buffer.concat([
      header,
      pcapngRecord({ interfaceId: 0, timeNs: TIME_NS, bytes: ARP, comment: 'who asks? 谁在问' }),
      pcapngRecord({ interfaceId: 1, timeNs: TIME_NS + 1n, bytes: IP, originalLength: 99 }),
    ]);
    const fields = [
      'frame.time_epoch',
      'frame.interface_name',
      'frame.cap_len',
      'frame.len',
      'frame.comment',
    ];
    expect(tshark(capture, fields)).toEqual([
      ['1700000000.123456789', 'veth-a', '42', '42', 'who asks? 谁在问'],
      ['1700000000.123456790', 'flannel0', '20', '99', ''],
    ]);
  });
});
