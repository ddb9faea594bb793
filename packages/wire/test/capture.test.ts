/** Capture files read by us and by tshark, written again, cut off, damaged. FUZZ_SEED repeats a run. */

import { readdirSync, readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  CaptureError,
  dissect,
  type LinkType,
  LinkTypeNumber,
  layersOf,
  pcapHeader,
  pcapngHeader,
  pcapngRecord,
  pcapRecord,
  type RecordedPacket,
  readCapture,
  summarize,
} from '../src/index.js';
import { bigEndianPcap, bigEndianPcapng, converted, tsharkBytes, tsharkFields } from './capture-files.js';
import { bytesOf } from './codec-case.js';
import { randomFrom, SEED } from './mutation.js';

const FOLDER = new URL('captures/', import.meta.url);
const recorded = readdirSync(FOLDER).map((name) => ({
  name,
  file: Uint8Array.from(readFileSync(new URL(name, FOLDER))),
}));
const fileOf = (name: string) => recorded.find((one) => one.name === name)!.file;

const join = (...parts: Uint8Array[]): Uint8Array => Uint8Array.from(Buffer.concat(parts));

/** What was read until the error, and the error. */
function readAll(file: Uint8Array): { packets: RecordedPacket[]; error?: CaptureError } {
  const packets: RecordedPacket[] = [];
  try {
    for (const packet of readCapture(file)) packets.push(packet);
  } catch (error) {
    if (!(error instanceof CaptureError)) throw error;
    return { packets, error };
  }
  return { packets };
}

const TSHARK_FIELDS = [
  ...['frame.time_epoch', 'frame.len', 'frame.cap_len'],
  ...['frame.interface_id', 'frame.interface_name', 'frame.comment'],
];

/** A packet as tshark prints those fields; a pcap file has no interfaces. */
function asTshark(packet: RecordedPacket, isPcapng: boolean): string[] {
  const [seconds, fraction] = [packet.timeNs / 1_000_000_000n, packet.timeNs % 1_000_000_000n];
  return [
    `${seconds}.${`${fraction}`.padStart(9, '0')}`,
    ...[`${packet.originalLength}`, `${packet.bytes.length}`],
    isPcapng ? `${packet.interfaceId}` : '',
    ...[packet.interfaceName ?? (isPcapng ? 'unknown' : ''), packet.comment ?? ''],
  ];
}

function readsAsTshark(file: Uint8Array): void {
  const { packets, error } = readAll(file);
  expect(error).toBeUndefined();
  const isPcapng = file[0] === 0x0a;
  expect(packets.map((packet) => asTshark(packet, isPcapng))).toEqual(tsharkFields(file, TSHARK_FIELDS));
  expect(packets.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(tsharkBytes(file));
}

describe.each(recorded)('$name, which dumpcap wrote', ({ file }) => {
  test('is read as tshark reads it', () => readsAsTshark(file));

  test('is dissected without a problem where packets are whole', () => {
    const whole = readAll(file).packets.filter(
      ({ bytes, originalLength }) => bytes.length === originalLength,
    );
    expect(whole.length).toBeGreaterThan(0);
    for (const { bytes, linkType } of whole) {
      const layers = layersOf(dissect(bytes, linkType as LinkType));
      expect(layers.flatMap(({ problems }) => problems)).toEqual([]);
      expect(layers.map(({ protocol }) => protocol).join(' ')).toMatch(/(ipv4 icmp|ipv6 icmpv6) data$/);
    }
  });

  test('is the same packets when it is written again', () => {
    const { packets } = readAll(file);
    const names = new Map(packets.map((packet) => [packet.interfaceId, packet]));
    const interfaces = [...names].sort(([a], [b]) => a - b).map(([, packet]) => packet);
    const again = join(
      pcapngHeader(
        interfaces.map(({ interfaceName, linkType }) => ({ name: interfaceName ?? 'none', linkType })),
      ),
      ...packets.map(pcapngRecord),
    );
    expect(readAll(again).packets).toEqual(
      packets.map((packet) => ({ ...packet, interfaceName: packet.interfaceName ?? 'none' })),
    );
    readsAsTshark(again);
  });
});

describe('lo.pcapng as editcap converts it', () => {
  test.each([
    ['pcap'],
    ['nsecpcap'],
    ['pcapng'],
    ['pcap', '-s', '50'],
    ['pcapng', '-s', '41'],
    ['pcapng', '-a', '2:a comment 注释'],
  ])('to %s %s %s is read as tshark reads it', (format, ...options) => {
    readsAsTshark(converted(fileOf('lo.pcapng'), format, ...options));
  });

  test('to a format with other packet headers is refused', () => {
    expect(readAll(converted(fileOf('lo.pcapng'), 'modpcap')).error?.message).toBe(
      'offset 0: expected a pcap or pcapng file, found 34 cd b2 a1',
    );
  });

  test('and packed by gzip is refused, with what to do', () => {
    expect(readAll(bytesOf('1f8b0800 00000000')).error?.message).toContain('gzip: unpack it first');
  });
});

const ARP = bytesOf(
  'ffffffffffff 020000000001 0806 0001 0800 06 04 0001 020000000001 0a000001 000000000000 0a000002',
);
const IP = bytesOf('45 00 0014 1234 4000 40 3b 1479 0a000001 0a000002');
const TIME_NS = 1_700_000_000_123_456_789n;

const PCAP = join(
  pcapHeader(),
  pcapRecord({ timeNs: TIME_NS, bytes: ARP }),
  pcapRecord({ timeNs: TIME_NS + 1n, bytes: ARP.subarray(0, 21), originalLength: 42 }),
);
const PCAPNG = join(
  pcapngHeader([{ name: 'veth-a' }, { name: 'flannel0', linkType: 'raw' }]),
  pcapngRecord({ interfaceId: 0, timeNs: TIME_NS, bytes: ARP, comment: 'who asks? 谁在问' }),
  pcapngRecord({ interfaceId: 1, timeNs: TIME_NS + 1n, bytes: IP.subarray(0, 19), originalLength: 99 }),
);

describe('a big-endian file', () => {
  test.each([
    ['pcap', bigEndianPcap(PCAP), PCAP],
    ['pcap in microseconds', bigEndianPcap(converted(PCAP, 'pcap')), converted(PCAP, 'pcap')],
    ['pcapng', bigEndianPcapng(PCAPNG), PCAPNG],
  ])('of %s is read as tshark reads it, and as the little-endian one', (_name, big, little) => {
    expect(big).not.toEqual(little);
    readsAsTshark(big);
    expect(readAll(big).packets).toEqual(readAll(little).packets);
  });
});

test.each([
  [1, 'ethernet'],
  [12, 'raw'],
  [14, 'raw'],
  [101, 'raw'],
  [228, 'raw'],
  [229, 'raw'],
  [113, 'linux-sll'],
  [276, 'linux-sll2'],
  [105, 105],
] as const)('link type %d is %s', (number, linkType) => {
  const record = pcapRecord({ timeNs: 0n, bytes: IP });
  const ng = pcapngRecord({ timeNs: 0n, bytes: IP, interfaceId: 0 });
  expect(readAll(join(pcapHeader({ linkType: number }), record)).packets[0]?.linkType).toBe(linkType);
  expect(readAll(join(pcapngHeader([{ name: 'a', linkType: number }]), ng)).packets[0]?.linkType).toBe(
    linkType,
  );
});

test('a cooked packet is dissected as tshark does, in both versions', () => {
  const sll = join(bytesOf('0004 0001 0006 02aabbccdd01 0000 0800'), IP);
  const sll2 = join(bytesOf('0800 0000 00000007 0001 03 06 02aabbccdd01 0000'), IP);
  for (const [linkType, bytes] of [
    ['linux-sll', sll],
    ['linux-sll2', sll2],
  ] as const) {
    const file = join(pcapHeader({ linkType }), pcapRecord({ timeNs: 0n, bytes }));
    const fields = ['sll.pkttype', 'sll.hatype', 'sll.halen', 'sll.src.eth', 'sll.etype', 'ip.dst'];
    const { fields: ours, inner } = dissect(bytes, linkType);
    const value = (name: string) => ours.find((field) => field.name === name)!.value;
    const numbers = ['packet type', 'hardware type', 'address length'].map((name) => `${value(name)}`);
    const type = `0x${value('protocol').toString(16).padStart(4, '0')}`;
    expect([...numbers, value('source'), type, inner!.fields.at(-1)!.value]).toEqual(
      tsharkFields(file, fields)[0],
    );
    expect(summarize(bytes, linkType)).toBe('IP 10.0.0.1 > 10.0.0.2');
  }
  expect(layersOf(dissect(sll.subarray(0, 15), 'linux-sll'))[0]!.problems).toEqual([
    'Linux cooked header needs 16 bytes, 15 are there',
  ]);
});

/** A block of a pcapng file. */
function block(type: number, body: string): Uint8Array {
  const content = bytesOf(body);
  const bytes = Buffer.alloc(content.length + 12);
  bytes.writeUInt32LE(type, 0);
  bytes.writeUInt32LE(bytes.length, 4);
  bytes.set(content, 8);
  bytes.writeUInt32LE(bytes.length, bytes.length - 4);
  return Uint8Array.from(bytes);
}

const SECTION = block(0x0a0d0d0a, '4d3c2b1a 0100 0000 ffffffffffffffff');
const SIZED_SECTION = block(0x0a0d0d0a, '4d3c2b1a 0100 0000 5400000000000000');
const PACKET_64 = `40000000 40000000 ${'ab'.repeat(64)}`;
const interfaceWith = (options: string, snapLength = '00000000') =>
  block(1, `0100 0000 ${snapLength} ${options}`);

describe('pcapng', () => {
  test.each([
    ['microseconds where nothing is said', '', 1_000_000_000n + 5_000n],
    ['nanoseconds', '0900 0100 09000000 00000000', 1_000_005n],
    ['seconds', '0900 0100 00000000 00000000', 1_000_005_000_000_000n],
    ['picoseconds, cut to nanoseconds', '0900 0100 0c000000 00000000', 1_000n],
    ['halves of seconds', '0900 0100 81000000 00000000', 500_002_500_000_000n],
    ['1/1024 of a second', '0900 0100 8a000000 00000000', 976_567_382_812n],
    ['1 / 2^127 of a second', '0900 0100 ff000000', 0n],
    ['an offset forth', '0e00 0800 0a00000000000000', 10_000_000_000n + 1_000_005_000n],
    ['an offset back', '0e00 0800 ffffffffffffffff', 5_000n],
  ])('has times in %s', (_name, options, timeNs) => {
    const packet = block(6, `00000000 00000000 45420f00 ${PACKET_64}`);
    const file = join(SECTION, interfaceWith(options), packet);
    expect(readAll(file)).toMatchObject({ packets: [{ timeNs }] });
    if (timeNs > 0n && !options.startsWith('0900 0100 ff')) readsAsTshark(file);
  });

  test('has simple packets, cut where the interface cuts, and obsolete ones', () => {
    const file = join(
      SECTION,
      interfaceWith('', '28000000'),
      block(3, `40000000 ${'ab'.repeat(40)}`),
      block(3, `07000000 ${'cd'.repeat(7)}00`),
      block(2, `0000 ffff 00000000 05000000 03000000 40000000 efefef00 0100 0300 61626300 00000000`),
    );
    const { packets } = readAll(file);
    expect(packets.map(({ bytes, originalLength }) => [bytes.length, originalLength])).toEqual([
      [40, 64],
      [7, 7],
      [3, 64],
    ]);
    expect(packets[2]).toMatchObject({ timeNs: 5_000n, comment: 'abc' });
    expect(packets.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(tsharkBytes(file));
  });

  test('has sections of their own byte order and interfaces, which are counted on', () => {
    const file = join(PCAPNG, SIZED_SECTION, bigEndianPcapng(PCAPNG));
    const { packets } = readAll(file);
    expect(packets.map(({ interfaceId, interfaceName }) => [interfaceId, interfaceName])).toEqual([
      [0, 'veth-a'],
      [1, 'flannel0'],
      [2, 'veth-a'],
      [3, 'flannel0'],
    ]);
    expect(packets.map(({ bytes }) => Buffer.from(bytes).toString('hex'))).toEqual(tsharkBytes(file));
  });

  test('with unknown blocks and options is read around them', () => {
    const known = join(SECTION, interfaceWith('0200 0300 61626300 b10b 0500 0102030405000000 00000000'));
    const packet = block(6, `00000000 00000000 05000000 ${PACKET_64} 0200 0400 00000001 00000000`);
    readsAsTshark(join(known, block(4, '00000000'), packet, block(0x777, 'ffffffff'), packet));
    const others = [0xbad, 0x40000bad, 5, 10, 0x7fffffff].map((type) => block(type, 'aabbccdd'));
    expect(readAll(join(known, ...others, packet)).packets).toMatchObject([{ interfaceName: 'abc' }]);
  });
});

describe('a file that is damaged', () => {
  const magic = block(0x0a0d0d0a, '4d3c2b1b 0100 0000 ffffffffffffffff');
  const version = block(0x0a0d0d0a, '4d3c2b1a 0200 0000 ffffffffffffffff');
  const head = join(SECTION, interfaceWith(''));
  test.each<[string, Uint8Array, string]>([
    ['empty', new Uint8Array(0), 'offset 0: expected a pcap or pcapng file, found an empty one'],
    ['text', new TextEncoder().encode('{}'), 'offset 0: expected a pcap or pcapng file, found 7b 7d'],
    [
      ...(['a pcap header alone, cut'] as const),
      ...([
        PCAP.subarray(0, 23),
        'offset 0: expected a file header of 24 bytes, the file ends after 23',
      ] as const),
    ],
    [
      ...([
        'another version of pcap',
        join(PCAP.subarray(0, 4), bytesOf('0200 0200'), PCAP.subarray(8)),
      ] as const),
      'offset 4: expected version 2.4, found 2.2',
    ],
    ['another byte-order magic', magic, 'offset 8: expected the byte-order magic 1a2b3c4d, found 4d3c2b1b'],
    ['another version of pcapng', version, 'offset 12: expected version 1, found 2.0'],
    [
      ...(['a packet of an interface that is not there'] as const),
      ...([join(head, block(6, `01000000 00000000 00000000 ${PACKET_64}`))] as const),
      'offset 48: expected a packet of one of the 1 interfaces of the section described before it, found 1',
    ],
    [
      ...(['a packet that leaves its block'] as const),
      join(head, block(6, `00000000 00000000 00000000 41000000 ${PACKET_64.slice(8)}`)),
      'offset 76: expected a packet of 65 bytes, its block ends after 64',
    ],
    [
      ...(['a block without room for what it has', join(head, block(6, '00000000'))] as const),
      'offset 52: expected the length of a block of type 6, 32 or more in multiples of 4, found 16',
    ],
    [
      ...(['an option that leaves its block', join(SECTION, interfaceWith('0200 0900 61626300'))] as const),
      'offset 44: expected option 2 of 9 bytes, its block ends after 4',
    ],
    [
      ...(['a time resolution of two bytes', join(SECTION, interfaceWith('0900 0200 09090000'))] as const),
      'offset 44: expected option 9 of 1 bytes, found 2',
    ],
  ])('is refused: %s', (_name, file, message) => {
    expect(readAll(file).error?.message).toBe(message);
  });

  test('by a length that is not the same at both ends of a block is refused there', () => {
    const file = PCAPNG.slice();
    file[file.length - 4]! ^= 4;
    expect(readAll(file)).toMatchObject({
      packets: [{ interfaceId: 0 }],
      error: { offset: file.length - 4 },
    });
  });

  test.each([
    ['pcap', PCAP],
    ['pcapng', PCAPNG],
  ])('by the end of a %s file anywhere inside a packet is read up to that packet', (_name, file) => {
    const { packets } = readAll(file);
    for (let length = 4; length < file.length; length++) {
      const read = readAll(file.subarray(0, length));
      expect(packets.slice(0, read.packets.length)).toEqual(read.packets);
      if (read.error) expect(read.error.code).toBe('cut-off');
      else expect(readAll(join(file.subarray(0, length), new Uint8Array(3))).error?.code).toBe('cut-off');
    }
  });

  test('by hostile lengths is refused, whatever they are', () => {
    for (const length of [2 ** 32 - 1, 2 ** 31, 2 ** 31 - 1, 4096, 0, 1, 12, 13]) {
      const [pcap, ng] = [Buffer.from(PCAP), Buffer.from(PCAPNG)];
      pcap.writeUInt32LE(length, 32);
      expect(readAll(pcap).error ?? readAll(pcap).packets.length).toBeDefined();
      ng.writeUInt32LE(length, 4);
      expect(readAll(ng).error).toBeInstanceOf(CaptureError);
    }
  });
});

const anyPacket = fc.record({
  timeNs: fc.bigInt(0n, (2n ** 32n - 1n) * 1_000_000_000n),
  bytes: fc.uint8Array({ maxLength: 80 }),
  more: fc.nat(2000),
  interfaceId: fc.nat(3),
  comment: fc.string({ unit: 'grapheme', maxLength: 20 }),
});
const anyLinkType = fc.constantFrom(...(Object.keys(LinkTypeNumber) as LinkType[]));

test('whatever is written is read as what it was', () => {
  fc.assert(
    fc.property(
      fc.array(anyPacket),
      fc.array(anyLinkType, { minLength: 4, maxLength: 4 }),
      (values, linkTypes) => {
        const packets = values.map(({ more, ...packet }) => ({
          ...packet,
          originalLength: packet.bytes.length + more,
        }));
        const interfaces = linkTypes.map((linkType, i) => ({ name: `eth${i}`, linkType }));
        expect(readAll(join(pcapngHeader(interfaces), ...packets.map(pcapngRecord)))).toEqual({
          packets: packets.map((packet) => ({
            ...packet,
            linkType: linkTypes[packet.interfaceId],
            interfaceName: `eth${packet.interfaceId}`,
          })),
        });
        const [linkType] = linkTypes;
        const file = join(
          pcapHeader({ linkType: linkType! }),
          ...packets.map((packet) => pcapRecord(packet)),
        );
        expect(readAll(file)).toEqual({
          packets: packets.map(({ comment: _, ...packet }) => ({ ...packet, linkType, interfaceId: 0 })),
        });
      },
    ),
  );
});

test('mutated files are read or refused, and nothing is read from outside of them', () => {
  console.log(`fuzz: FUZZ_SEED=${SEED}`);
  const random = randomFrom(SEED);
  const files = [
    PCAP,
    PCAPNG,
    bigEndianPcap(PCAP),
    bigEndianPcapng(PCAPNG),
    ...recorded.map(({ file }) => file),
  ];
  const seen = { read: 0, 'cut-off': 0, malformed: 0, 'not-a-capture': 0 };
  for (let i = 0; i < 50_000; i++) {
    const file = files[random(files.length)]!.slice();
    for (let edits = 1 + random(4); edits > 0; edits--) {
      // What the reader looks at most stands in front.
      const at = random(random(2) === 0 ? file.length : Math.min(file.length, 200));
      file[at] = random(3) === 0 ? file[at]! ^ (1 << random(8)) : [0, 1, 4, 0x7f, 0x80, 0xff][random(6)]!;
    }
    const { packets, error } = readAll(file.subarray(0, file.length - (random(4) === 0 ? random(60) : 0)));
    seen[error?.code ?? 'read']++;
    if (packets.length * 16 > file.length) throw new Error('more packets than there is room for');
    for (const { bytes } of packets)
      if (bytes.buffer !== file.buffer) throw new Error('a packet is not in the file');
  }
  // Mutants that all end one way would test little.
  for (const [way, count] of Object.entries(seen)) expect([way, count > 200]).toEqual([way, true]);
});
