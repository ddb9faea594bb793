/** What tshark makes of the file. */
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, test } from 'vitest';
import { type ProbeResult, tracePcap } from '../../src/index.js';
import { POD_B1, TRACES, traced, WAYS } from './traced.js';

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'podlan-trace-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

function tshark(result: ProbeResult, ...args: string[]): string {
  const file = join(directory, 'trace.pcapng');
  writeFileSync(file, tracePcap(result));
  const decode = ['-d', 'udp.port==8472,vxlan', '-d', 'udp.port==8285,ip'];
  return execFileSync('tshark', ['-n', '-r', file, ...decode, ...args], { encoding: 'utf8', stdio: 'pipe' });
}

const FIELDS = [
  '-T',
  'fields',
  '-E',
  'separator= ',
  ...['frame.interface_name', 'frame.len', 'frame.protocols'].flatMap((name) => ['-e', name]),
];

test.each(TRACES)('of a packet by $way that is $end', async ({ options, ...way }) => {
  const result = await traced(way, options);
  expect(`\n${tshark(result, ...FIELDS)}`).toMatchSnapshot();
  expect(tshark(result, '-Y', '_ws.malformed || _ws.expert.severity == error')).toBe('');
});

it('has frames in their order at their simulated time, with the leg as a comment', async () => {
  const result = await traced(WAYS[0], { destination: POD_B1 });
  const frames = result.hops.filter(({ event }) => event === 'transmit' || event === 'receive');
  const lines = tshark(result, '-T', 'fields', '-e', 'frame.time_epoch', '-e', 'frame.comment')
    .trim()
    .split('\n');
  expect(lines).toEqual(
    frames.map(({ atMs, leg, event }) => `${(atMs / 1000).toFixed(9)}\t${leg}, ${event}`),
  );
});
