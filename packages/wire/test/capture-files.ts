/** Capture files for tests: as tshark reads them, as editcap converts them, and with every number turned around. */

import { execFileSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export function withFolder<T>(use: (folder: string) => T): T {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-capture-'));
  try {
    return use(folder);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

export function tshark(capture: Uint8Array, args: readonly string[]): string {
  return withFolder((folder) => {
    const file = join(folder, 'capture');
    writeFileSync(file, capture);
    return execFileSync('tshark', ['-n', '-r', file, ...args], { encoding: 'utf8', stdio: 'pipe' });
  });
}

export function tsharkFields(capture: Uint8Array, fields: readonly string[]): string[][] {
  const text = tshark(capture, ['-T', 'fields', ...fields.flatMap((field) => ['-e', field])]);
  return text
    .replace(/\n$/, '')
    .split('\n')
    .map((line) => line.split('\t'));
}

/** The bytes of each packet, in hexadecimal. */
export function tsharkBytes(capture: Uint8Array): string[] {
  const packets = JSON.parse(tshark(capture, ['-T', 'jsonraw'])) as {
    _source: { layers: { frame_raw: [string] } };
  }[];
  return packets.map((packet) => packet._source.layers.frame_raw[0]);
}

/** The file in another format of editcap's. */
export function converted(capture: Uint8Array, format: string, ...options: string[]): Uint8Array {
  return withFolder((folder) => {
    const [from, to] = [join(folder, 'from'), join(folder, 'to')];
    writeFileSync(from, capture);
    execFileSync('editcap', ['-F', format, ...options, from, to], { stdio: 'pipe' });
    return Uint8Array.from(readFileSync(to));
  });
}

/** A little-endian pcap file as a big-endian one. */
export function bigEndianPcap(capture: Uint8Array): Uint8Array {
  const file = Buffer.from(capture);
  const lengths: number[] = [];
  for (let at = 24; at < file.length; at += 16 + file.readUInt32LE(at + 8)) lengths.push(at);
  swap(file, 0, [4, 2, 2, 4, 4, 4, 4]);
  for (const at of lengths) swap(file, at, [4, 4, 4, 4]);
  return Uint8Array.from(file);
}

/** A little-endian pcapng file, of sections, interfaces and enhanced packets, as a big-endian one. */
export function bigEndianPcapng(capture: Uint8Array): Uint8Array {
  const file = Buffer.from(capture);
  for (let at = 0; at < file.length; ) {
    const [type, length] = [file.readUInt32LE(at), file.readUInt32LE(at + 4)];
    const captured = type === 6 ? Math.ceil(file.readUInt32LE(at + 20) / 4) * 4 : 0;
    const fixed = FIXED_WIDTHS[type] ?? [];
    const body = fixed.reduce((sum, width) => sum + width, 0) + captured;
    swap(file, at, [4, 4, ...fixed]);
    if (fixed.length > 0) swapOptions(file, at + 8 + body, at + length - 4);
    swap(file, at + length - 4, [4]);
    at += length;
  }
  return Uint8Array.from(file);
}

const FIXED_WIDTHS: Readonly<Record<number, number[]>> = {
  168627466: [4, 2, 2, 8],
  1: [2, 2, 4],
  6: [4, 4, 4, 4, 4],
};

/** Their values are text or single bytes here. */
function swapOptions(file: Buffer, from: number, end: number): void {
  for (let at = from; at < end; ) {
    const length = Math.ceil(file.readUInt16LE(at + 2) / 4) * 4;
    swap(file, at, [2, 2]);
    at += 4 + length;
  }
}

function swap(file: Buffer, from: number, widths: readonly number[]): void {
  let at = from;
  for (const width of widths) {
    file.subarray(at, at + width).reverse();
    at += width;
  }
}
