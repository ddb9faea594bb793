/** Frames come onto the bench whole, are edited, and leave it as files that tshark reads. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { dissect, type LinkType, layersOf, summarize } from '@podlan/wire';
import { describe, expect, test } from 'vitest';
import {
  type BenchPacket,
  edited,
  fitPcap,
  guessLinkType,
  newPacket,
  openCapture,
  pcapngOf,
  pcapOf,
} from '../src/workbench/bench-packets';
import { buildFrame, FIRST_FORM, FRAME_KINDS } from '../src/workbench/build-frame';
import { parseHex } from '../src/workbench/parse-hex';

const NOW_MS = 1_700_000_000_123;
const frame = buildFrame(FIRST_FORM);
const packet = newPacket(frame, 'ethernet', NOW_MS);
const problemsOf = (bytes: Uint8Array, linkType: LinkType = 'ethernet') =>
  layersOf(dissect(bytes, linkType)).flatMap(({ problems }) => problems);

/** What a tool prints of a file of these bytes. */
function printed(bytes: Uint8Array, tool: string, ...options: string[]): string {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-bench-'));
  try {
    writeFileSync(join(folder, 'file'), bytes);
    return execFileSync(tool, [...options, join(folder, 'file')], { encoding: 'utf8', stdio: 'pipe' });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const tshark = (file: Uint8Array, ...options: string[]) =>
  printed(file, 'tshark', '-n', '-d', 'udp.port==8472,vxlan', ...options, '-r');

describe('bytes are read', () => {
  const hex = Buffer.from(frame).toString('hex');
  const pairs = hex.match(/../g)!;
  // As `tcpdump -XX` prints a packet, its own line before it.
  const rows = pairs.flatMap((_, i) => (i % 16 === 0 ? [pairs.slice(i, i + 16)] : []));
  const tcpdump = rows.map((row, i) => {
    const words = row
      .join('')
      .match(/.{2,4}/g)!
      .join(' ');
    return `\t0x${(i * 16).toString(16).padStart(4, '0')}:  ${words.padEnd(39)}  ab cd.12........`;
  });
  test.each([
    ['digits in one piece', hex],
    ['digits in capitals, with spaces', pairs.join(' ').toUpperCase()],
    ['digits with colons', pairs.join(':')],
    ['a list of C', `{ ${pairs.map((pair) => `0x${pair}`).join(', ')} };`.replace(';', '')],
    ['a string of C', `"${pairs.map((pair) => `\\x${pair}`).join('')}"`],
    ['rows of digits', rows.map((row) => row.join(' ')).join('\n')],
    ['rows of tcpdump', ['12:00:00.1 IP 10.0.0.1 > 10.0.0.2: ICMP', ...tcpdump].join('\n')],
    ['rows of xxd', printed(frame, 'xxd')],
    ['rows of hexdump', printed(frame, 'hexdump', '-C')],
  ])('from %s', (_name, text) => {
    expect(parseHex(text)).toEqual([frame]);
  });

  test('from rows of tshark, all packets of them', () => {
    const other = newPacket(
      buildFrame({ ...FIRST_FORM, kind: 'arp', isEncapsulated: false }),
      'ethernet',
      NOW_MS,
    );
    const text = tshark(pcapOf([packet, other, packet]), '-x');
    expect(parseHex(text)).toEqual([frame, other.bytes, frame]);
  });

  test.each([
    ['', 'expected hexadecimal bytes, got none'],
    ['45 0', 'line 1: expected two digits a byte, got 3 digits'],
    ['45\n4g', 'line 2: expected hexadecimal bytes, got "g"'],
    ['0000  45 00\n0010  00 00', 'line 2: expected offset 0x2, got 0x10'],
  ])('but not from %j', (text, message) => {
    expect(() => parseHex(text)).toThrow(message);
  });

  test('as a frame, or as a packet where it is one', () => {
    expect(guessLinkType(frame)).toBe('ethernet');
    expect(guessLinkType(frame.subarray(14))).toBe('raw');
  });
});

describe('a form makes', () => {
  test.each(
    FRAME_KINDS.flatMap((kind) =>
      [false, true].flatMap((isEncapsulated) =>
        (kind === 'arp' ? [4] : [4, 6]).map((family) => ({ kind, isEncapsulated, family })),
      ),
    ),
  )('$kind of IPv$family, encapsulated: $isEncapsulated, which tshark finds whole', (shape) => {
    const ends =
      shape.family === 4
        ? { source: '10.244.1.2', destination: ' 10.244.2.2 ' }
        : { source: 'fd00:10:244:1::2', destination: 'fd00:10:244:2::2' };
    const bytes = buildFrame({ ...ends, ...shape });
    expect(problemsOf(bytes)).toEqual([]);
    expect(summarize(bytes)).toContain(ends.source.trim());
    const file = pcapOf([newPacket(bytes, 'ethernet', NOW_MS)]);
    const checks = ['ip', 'tcp', 'udp'].flatMap((name) => ['-o', `${name}.check_checksum:TRUE`]);
    expect(tshark(file, ...checks, '-Y', '_ws.malformed || _ws.expert.severity == error')).toBe('');
    const name = shape.kind === 'icmp' && shape.family === 6 ? 'icmpv6' : shape.kind;
    expect(tshark(file, '-T', 'fields', '-e', 'frame.protocols')).toContain(name);
  });

  test.each([
    [{ source: '10.244.1' }, 'source: expected an IP address, got 10.244.1'],
    [{ destination: 'fd00::1' }, 'expected addresses of one family, got 10.244.1.2 and fd00::1'],
    [{ kind: 'arp', source: 'fd00::1', destination: 'fd00::2' }, 'ARP: expected IPv4 addresses, got fd00::1'],
  ] as const)('nothing of %j', (change, message) => {
    expect(() => buildFrame({ ...FIRST_FORM, ...change })).toThrow(message);
  });
});

describe('an edit', () => {
  const fieldOf = ({ bytes }: BenchPacket, protocol: string, name: string) =>
    layersOf(dissect(bytes))
      .findLast((layer) => layer.protocol === protocol)!
      .fields.find((field) => field.name === name)!;

  test('takes the checksums along, or leaves them wrong', () => {
    const ttl = fieldOf(packet, 'ipv4', 'ttl');
    expect(problemsOf(edited(packet, 'ethernet', ttl, '9', true).bytes)).toEqual([]);
    const wrong = edited(packet, 'ethernet', ttl, '9', false);
    expect(problemsOf(wrong.bytes)).toEqual(['checksum is wrong']);
    expect(wrong.previous).toBe(packet);
  });

  test('of a checksum stays as it was written', () => {
    const checksum = fieldOf(packet, 'icmp', 'checksum');
    expect(problemsOf(edited(packet, 'ethernet', checksum, '0x1234', true).bytes)).toEqual([
      'checksum is wrong',
    ]);
  });

  test('of the data takes the lengths along', () => {
    const data = fieldOf(packet, 'data', 'bytes');
    const longer = edited(packet, 'ethernet', data, '00 11:22', true);
    expect(longer.bytes.length).toBe(frame.length - 32 + 3);
    expect(longer.originalLength).toBe(longer.bytes.length);
    expect(problemsOf(longer.bytes)).toEqual([]);
    expect(() => edited(packet, 'ethernet', data, '001', true)).toThrow('bytes: expected hexadecimal digits');
  });
});

describe('a file', () => {
  const raw = newPacket(frame.subarray(14), 'raw', NOW_MS + 1);

  test.each([
    ['pcap', pcapOf([packet, packet])],
    ['pcapng', pcapngOf([packet, packet])],
  ])('of %s is opened as what was saved', (_name, file) => {
    const { packets, problem } = openCapture(file);
    expect(problem).toBeUndefined();
    expect(packets).toMatchObject([packet, packet]);
  });

  test('of packets with and without a link header is pcapng alone', () => {
    expect([fitPcap([packet, raw]), fitPcap([raw, raw]), fitPcap([])]).toEqual([false, true, false]);
    expect(openCapture(pcapngOf([packet, raw])).packets.map(({ linkType }) => linkType)).toEqual([
      'ethernet',
      'raw',
    ]);
    expect(tshark(pcapngOf([packet, raw]), '-T', 'fields', '-e', 'icmp.seq')).toBe('1\n1\n');
  });

  test('that is cut off is opened up to there, and says so', () => {
    const file = pcapOf([packet, packet]);
    const { packets, problem } = openCapture(file.subarray(0, file.length - 1));
    expect(packets.length).toBe(1);
    expect(problem).toMatch(/^offset \d+: expected a packet of \d+ bytes, the file ends after \d+$/);
  });
});
