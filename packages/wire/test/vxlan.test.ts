import { describe, expect, test } from 'vitest';
import { emitVxlan, parseVxlan, type VxlanPacket } from '../src/index.js';
import { bytesOf, testCodec, testRefusals } from './codec-case.js';

const codec = { parse: parseVxlan, emit: emitVxlan, least: 8 };

describe('VXLAN', () => {
  testCodec<VxlanPacket>(codec, [
    { name: 'VNI 1', hex: '08 000000 000001 00 deadbeef', value: { vni: 1, payload: bytesOf('deadbeef') } },
    { name: 'the highest VNI', hex: '08 000000 ffffff 00', value: { vni: 0xffffff, payload: bytesOf('') } },
  ]);

  testRefusals(codec, [['a header without the I flag', 'f7 000000 000001 00 deadbeef']]);

  test('reserved fields are ignored on receipt (RFC 7348, section 5)', () => {
    expect(parseVxlan(bytesOf('ff ffffff 000001 ff'))).toEqual({ vni: 1, payload: bytesOf('') });
  });

  test('throws for a VNI of 25 bits', () => {
    expect(() => emitVxlan({ vni: 0x1000000, payload: bytesOf('') }, new Uint8Array(8))).toThrow('vni');
  });
});
