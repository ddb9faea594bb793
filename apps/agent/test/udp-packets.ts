/** Bare packets in datagrams, captured and dissected. */
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { capture } from '@podlan/linux';
import { pcapHeader, pcapRecord } from '@podlan/wire';
import { run } from './test-lab.js';

export interface Frame {
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
}

/** Frames that pass a device while `work` goes on. */
export async function framesDuring(
  netns: string,
  device: string,
  work: () => Promise<unknown>,
): Promise<Frame[]> {
  const stop = new AbortController();
  const frames = await capture({ netns, device, signal: stop.signal });
  const collected = (async () => {
    const all: Frame[] = [];
    for await (const { timestampNs, bytes } of frames) all.push({ timeNs: timestampNs, bytes });
    return all;
  })();
  await work();
  stop.abort();
  return collected;
}

const TSHARK = [
  ...['-n', '-Y', 'udp.port==8285', '-T', 'fields', '-E', 'occurrence=a', '-E', 'aggregator=,'],
  ...['-d', 'udp.port==8285,ip'],
  ...['ip', 'udp', 'tcp'].flatMap((protocol) => ['-o', `${protocol}.check_checksum:TRUE`]),
  ...[
    'udp.port',
    'ip.flags.df',
    'ip.dsfield',
    'ip.checksum.status',
    'udp.checksum.status',
    'tcp.checksum.status',
    'icmp.checksum.status',
    '_ws.malformed',
  ].flatMap((field) => ['-e', field]),
];

/** Of IPv4 packets to `destination`, whose headers begin at `at` in each frame. */
export function timesToLive(frames: readonly Frame[], at: number, destination: string): number[] {
  const packets = frames.map(({ bytes }) => bytes.subarray(at));
  return packets
    .filter((bytes) => bytes.subarray(16, 20).join('.') === destination)
    .map((bytes) => bytes[8]!);
}

/** One row for each datagram, with what TSHARK lists; where there are two headers, the outer one first. */
export async function dissected(frames: readonly Frame[]): Promise<string[][]> {
  const directory = await mkdtemp(join(tmpdir(), 'podlan-udp-'));
  try {
    const path = join(directory, 'underlay.pcap');
    await writeFile(path, Buffer.concat([pcapHeader(), ...frames.map((frame) => pcapRecord(frame))]));
    const { stdout } = await run('tshark', ...TSHARK, '-r', path);
    const lines = stdout.split('\n').filter(Boolean);
    return lines.map((line) => line.split('\t'));
  } finally {
    await rm(directory, { recursive: true });
  }
}
