/** The view form allocates nothing: the heap is as large after a million packets as it was before. */

import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const PROGRAM = fileURLToPath(new URL('allocation/read-packets.js', import.meta.url));
const FOLDER = new URL('golden/', import.meta.url);
const PACKETS = 1_000_000;
/**
 * Nothing is collected where some million of the smallest objects fit; a collection would be seen in the trace. Readers are
 * compiled as a whole and in turn, not when a thread has the time: a number of 2^31 and above is boxed when it is
 * passed to a function that is not compiled into its caller.
 */
const FLAGS = [
  ...['--expose-gc', '--trace-gc', '--min-semi-space-size=128', '--max-semi-space-size=128'],
  ...['--no-concurrent-recompilation', '--max-inlined-bytecode-size-cumulative=5000'],
];
/** Of the measurements themselves. One object a packet would be a hundred times that. */
const NOISE_BYTES = PACKETS / 8;

const packets = readdirSync(FOLDER)
  .filter((name) => name.endsWith('.hex'))
  .map((name) => readFileSync(new URL(name, FOLDER), 'utf8').replace(/\s+/g, ''))
  .join(',');

interface Measured {
  readonly grown: number;
  /** How many of the packets had the layer. */
  readonly matching: number;
}

function measured(reader: string): Measured {
  const args = [...FLAGS, PROGRAM, reader, packets, String(PACKETS)];
  const { stdout, stderr, status } = spawnSync(process.execPath, args, { encoding: 'utf8' });
  expect([stderr, status]).toEqual(['', 0]);
  const lines = stdout.trim().split('\n');
  // The one that was asked for before measuring is the last collection there is.
  expect(lines.at(-2)).toContain('Mark-Compact');
  return JSON.parse(lines.at(-1)!);
}

test('the measure sees one object a packet, and nothing where there is nothing', () => {
  expect(measured('one object a packet').grown).toBeGreaterThan(12 * PACKETS);
  expect(measured('nothing').grown).toBeLessThan(NOISE_BYTES);
});

test.each([
  ...['Ethernet', 'Ethernet addresses', 'ARP', 'IPv4 fields', 'IPv4 addresses', 'IPv4 written'],
  ...['IPv4 addresses written', 'IPv6', 'UDP over IPv4', 'UDP over IPv6', 'TCP fields', 'TCP written'],
  ...['TCP numbers written', 'ICMP', 'ICMPv6', 'VXLAN and the frame inside', 'addresses in text'],
])('%s: nothing is allocated', (reader) => {
  const { grown, matching } = measured(reader);
  expect(matching).toBeGreaterThan(PACKETS / 50);
  expect(grown).toBeLessThan(NOISE_BYTES);
});
