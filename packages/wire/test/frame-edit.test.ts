/** Frames edited and put right again: by our own dissection, by the committed frames, and by tshark's. */

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  type DissectedField,
  decapVxlan,
  dissect,
  encapVxlan,
  layersOf,
  type MacAddress,
  type ProtocolName,
  parseIpAddress,
  pcapHeader,
  pcapRecord,
  repairChecksums,
  repairLengths,
  setData,
  setField,
} from '../src/index.js';
import { anyFrame, anyTunnel } from './arbitrary-frames.js';
import { tshark } from './capture-files.js';
import { bytesOf } from './codec-case.js';

const FOLDER = new URL('golden/', import.meta.url);
const golden = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => ({ name, frame: bytesOf(readFileSync(new URL(name, FOLDER), 'utf8')) }));

const fieldsOf = (frame: Uint8Array): DissectedField[] =>
  layersOf(dissect(frame)).flatMap(({ fields }) => fields);
const problemsOf = (frame: Uint8Array): string[] =>
  layersOf(dissect(frame)).flatMap(({ problems }) => problems);
const field = (frame: Uint8Array, protocol: ProtocolName, name: string): DissectedField =>
  layersOf(dissect(frame))
    .find((layer) => layer.protocol === protocol)!
    .fields.find((one) => one.name === name)!;

const repair = (frame: Uint8Array): Uint8Array => repairChecksums(repairLengths(frame));

const MACS = '020000000002 020000000001';
const UDP = bytesOf(
  `${MACS} 0800 45 b8 0021 1234 4000 40 11 13de 0a000001 0a000002 1388 0035 000d 0000 6162636465`,
);

describe('every field', () => {
  const all = golden.flatMap(({ frame }) => fieldsOf(frame).map((one) => ({ frame, one })));

  test('is what it was when it is set to its own value, by value and by text', () => {
    expect(all.length).toBeGreaterThan(500);
    for (const { frame, one } of all) {
      expect(setField(frame, one, one.value), one.name).toEqual(frame);
      expect(setField(frame, one, `${one.value}`), one.name).toEqual(frame);
    }
  });

  test('takes its least and its greatest number, which are all zeros and all ones, and no more', () => {
    const numbers = all.filter(({ one }) => typeof one.value === 'number');
    for (const { frame, one } of numbers) {
      const width = one.bits?.width ?? one.length * 8;
      const most = (2 ** width - 1) * (one.bits?.unit ?? 1);
      const [least, greatest] = [setField(frame, one, 0), setField(frame, one, `0x${most.toString(16)}`)];
      const mask = ((1n << BigInt(width)) - 1n) << BigInt(one.bits?.shift ?? 0);
      const [zeros, ones] = [frame.slice(), frame.slice()];
      for (let i = 0; i < one.length; i++) {
        const bits = Number((mask >> BigInt((one.length - 1 - i) * 8)) & 0xffn);
        zeros[one.offset + i]! &= ~bits;
        ones[one.offset + i]! |= bits;
      }
      expect(Buffer.compare(least, zeros), one.name).toBe(0);
      expect(Buffer.compare(greatest, ones), one.name).toBe(0);
      expect(() => setField(frame, one, most + 1)).toThrow(`${one.name}: expected 0 to ${most}`);
    }
  });
});

describe('a field refuses', () => {
  const vlan = bytesOf(`${MACS} 8100 a00a 0800`);
  test.each<[Uint8Array, ProtocolName, string, string, string]>([
    [UDP, 'udp', 'source port', '65536', 'source port: expected 0 to 65535, got 65536'],
    [UDP, 'udp', 'source port', '-1', 'source port: expected 0 to 65535, got -1'],
    [UDP, 'udp', 'source port', '', 'source port: expected 0 to 65535, got '],
    [UDP, 'udp', 'source port', '1e3', 'source port: expected 0 to 65535, got 1e3'],
    [UDP, 'ipv4', 'dscp', '64', 'dscp: expected 0 to 63, got 64'],
    [
      ...([UDP, 'ipv4', 'fragment offset', '12'] as const),
      'fragment offset: expected 0 to 65528 in multiples of 8, got 12',
    ],
    [UDP, 'ipv4', 'source', 'fd00::1', 'source: expected an IPv4 address, got fd00::1'],
    [UDP, 'ipv4', 'source', '10.0.0', 'source: expected an IPv4 address, got 10.0.0'],
    [UDP, 'ipv4', 'dont fragment', 'yes', 'dont fragment: expected 0 or 1, got yes'],
    [
      ...([UDP, 'ethernet', 'source', '02:00'] as const),
      'source: expected a MAC address like 02:00:00:00:00:0a, got 02:00',
    ],
    [UDP, 'data', 'bytes', '61 62', 'bytes: expected 10 hexadecimal digits, got 61 62'],
    [UDP, 'data', 'bytes', '61:62:63:64:6g', 'bytes: expected 10 hexadecimal digits, got 61:62:63:64:6g'],
    [vlan, 'vlan', 'id', '4096', 'id: expected 0 to 4095, got 4096'],
  ])('what it can not be: %#', (frame, protocol, name, text, message) => {
    expect(() => setField(frame, field(frame, protocol, name), text)).toThrow(message);
  });

  test('to be set in a frame where it is not', () => {
    expect(() => setField(UDP.subarray(0, 20), field(UDP, 'udp', 'length'), 8)).toThrow(RangeError);
  });
});

test('hexadecimal bytes may stand apart', () => {
  const data = field(UDP, 'data', 'bytes');
  expect(setField(UDP, data, '41 42:43\n4445').subarray(-5)).toEqual(bytesOf('4142434445'));
});

describe.each(golden)('$name', ({ frame }) => {
  const checksums = fieldsOf(frame).filter(({ name, value }) => name === 'checksum' && value !== 0);

  test('has its own checksums again after all of them were broken', () => {
    const verified = checksums.filter(({ note }) => note === 'correct');
    let broken = frame;
    // Different bits, so that two changes do not cancel each other out.
    for (const [i, one] of verified.entries()) broken = setField(broken, one, Number(one.value) ^ (1 << i));
    expect(problemsOf(broken).length).toBe(verified.length);
    expect(repairChecksums(broken)).toEqual(frame);
  });

  test('is left alone where nothing is wrong', () => {
    expect(repair(frame)).toEqual(frame);
  });
});

/** What may be edited without making another kind of packet of it. */
const FREE =
  /^(source port|(sender|target) (MAC|IP)|ttl|hop limit|dscp|ecn|flow label|identification|sequence|acknowledgment|window|identifier|vni|operation|checksum|length|total length|payload length|bytes)$/;

test('any frame, edited and put right, is without a problem', () => {
  let edits = 0;
  fc.assert(
    fc.property(anyFrame, fc.nat(), fc.nat(), (frame, which, number) => {
      expect(problemsOf(frame)).toEqual([]);
      const free = fieldsOf(frame).filter(({ name, value }) => FREE.test(name) && value !== '');
      const one = free[which % free.length]!;
      const most = 2 ** (one.bits?.width ?? one.length * 8) - 1;
      // A shorter length takes the rest for padding, and cuts the header behind it short.
      const least = one.name.endsWith('length') ? Number(one.value) : 0;
      const value = typeof one.value === 'number' ? least + (number % (most + 1 - least)) : one.value;
      const edited = setField(frame, one, value);
      if (Buffer.compare(edited, frame) !== 0) edits++;
      expect(problemsOf(repair(edited))).toEqual([]);
    }),
    { numRuns: 1000 },
  );
  expect(edits).toBeGreaterThan(200);
});

test('any frame of any bytes has no wrong checksum and no impossible length left', () => {
  fc.assert(
    fc.property(anyFrame, fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 4 }), (frame, edits) => {
      const damaged = frame.slice();
      for (const [at, byte] of edits) damaged[at % damaged.length] = byte;
      expect(fieldsOf(repair(damaged)).filter(({ expected }) => expected !== undefined)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('any data in any frame takes the lengths along, and padding stays where it was', () => {
  fc.assert(
    fc.property(anyFrame, fc.uint8Array({ minLength: 1, maxLength: 300 }), (frame, data) => {
      const edited = repairChecksums(setData(frame, data));
      expect(problemsOf(edited)).toEqual([]);
      const last = layersOf(dissect(edited)).at(-1)!;
      expect(last.protocol).toBe('data');
      expect(edited.subarray(last.offset, last.offset + last.length)).toEqual(data);
      const before = layersOf(dissect(frame)).at(-1)!;
      expect(edited.subarray(last.offset + last.length)).toEqual(
        frame.subarray(before.offset + before.length),
      );
    }),
  );
});

test('data beyond what the lengths can say is refused', () => {
  expect(() => setData(UDP, new Uint8Array(65_508))).toThrow('total length: expected 0 to 65535, got 65536');
});

test('a packet in an error keeps the lengths that it had', () => {
  const { frame } = golden.find(({ name }) => name === 'icmp-port-unreachable.hex')!;
  const edited = setData(frame, bytesOf('aabb'));
  const lengths = (bytes: Uint8Array) =>
    layersOf(dissect(bytes)).map(({ fields }) => fields.find(({ name }) => name === 'total length')?.value);
  const [outer, quoted] = lengths(frame).filter((length) => length !== undefined);
  const change = edited.length - frame.length;
  expect(lengths(edited).filter((length) => length !== undefined)).toEqual([Number(outer) + change, quoted]);
});

const CHECKED = ['ip', 'tcp', 'udp', 'icmp', 'icmpv6'];

/** tshark's verdicts on all checksums of each frame: 0 bad, 1 good, 2 not verified, 3 not there. */
function verdicts(frames: readonly Uint8Array[]): string[] {
  const file = Buffer.concat([pcapHeader(), ...frames.map((bytes) => pcapRecord({ timeNs: 0n, bytes }))]);
  const options = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
  const fields = CHECKED.flatMap((name) => ['-e', `${name}.checksum.status`]);
  return tshark(file, [...options, '-T', 'fields', ...fields])
    .trimEnd()
    .split('\n');
}

// One seed: in the data of one UDP port or another tshark would find protocols, and checksums, that are not there.
test('tshark finds no wrong checksum where they were put right, and the wrong ones before', () => {
  const frames = fc.sample(anyFrame, { numRuns: 300, seed: 1 });
  const edited = frames.map((frame) => {
    const address = fieldsOf(frame).find(({ name }) => name === 'source' || name === 'sender IP')!;
    const ttls = fieldsOf(frame).filter(({ name }) => name === 'ttl');
    return ttls.reduce(
      (bytes, ttl) => setField(bytes, ttl, 255 - Number(ttl.value)),
      setField(frame, address, address.value),
    );
  });
  const bad = (lines: string[]) => lines.filter((line) => line.split(/[\t,]/).includes('0')).length;
  const withTtl = frames.filter((frame) => fieldsOf(frame).some(({ name }) => name === 'ttl')).length;
  expect(bad(verdicts(edited))).toBe(withTtl);
  const repaired = edited.map((frame) => repairChecksums(frame));
  expect(bad(verdicts(repaired))).toBe(0);
  expect(verdicts(repaired).filter((line) => line.includes('1')).length).toBeGreaterThan(withTtl / 2);
});

describe('a VXLAN tunnel', () => {
  test('gives back any frame, and itself', () => {
    fc.assert(
      fc.property(anyFrame, anyTunnel, (frame, tunnel) => {
        const outer = encapVxlan(frame, tunnel);
        expect(problemsOf(outer)).toEqual([]);
        expect(decapVxlan(outer)).toEqual({ frame, tunnel });
      }),
    );
  });

  test('looks as the kernel made it, but for the identification', () => {
    const { frame } = golden.find(({ name }) => name === 'vxlan-icmp-echo-request.hex')!;
    const { frame: inner, tunnel } = decapVxlan(frame)!;
    let outer = encapVxlan(inner, tunnel);
    outer = repairChecksums(
      setField(outer, field(outer, 'ipv4', 'identification'), field(frame, 'ipv4', 'identification').value),
    );
    expect(outer).toEqual(frame);
  });

  test('is not what goes to another port, is cut short, or has wrong checksums', () => {
    fc.assert(
      fc.property(anyFrame, anyTunnel, fc.nat(), (frame, tunnel, cut) => {
        const outer = encapVxlan(frame, tunnel);
        const port = field(outer, 'udp', 'destination port');
        expect(decapVxlan(repairChecksums(setField(outer, port, 53)))).toBeUndefined();
        expect(decapVxlan(outer.subarray(0, cut % outer.length))).toBeUndefined();
        outer[20]! ^= 1;
        if (outer[12] === 0x08) expect(decapVxlan(outer)).toBeUndefined();
      }),
    );
  });

  test('of two families is refused', () => {
    const mac = '02:00:00:00:00:0a' as MacAddress;
    const [source, destination] = [parseIpAddress('fd00::1')!, parseIpAddress('10.0.0.1')!];
    const tunnel = { vni: 1, sourceMac: mac, destinationMac: mac, source, destination };
    expect(() => encapVxlan(UDP, tunnel)).toThrow(TypeError);
  });
});
