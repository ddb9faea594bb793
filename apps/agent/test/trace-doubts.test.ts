/** `podlan trace` through rules that are not simulated: it says that it cannot tell. Files alone, without a lab. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { podlan } from './test-lab.js';
import { parseTrace } from './trace-json.js';

const SAMPLE = new URL('../../../packages/simulator/test/snapshot/host-a.json', import.meta.url);

let directory: string;
beforeAll(() => {
  directory = mkdtempSync(join(tmpdir(), 'podlan-doubts-'));
});
afterAll(() => rmSync(directory, { recursive: true }));

/** The file of a host whose input chain has this rule. */
function fileWith(...expr: object[]): string {
  const snapshot = JSON.parse(readFileSync(SAMPLE, 'utf8')) as NodeSnapshot;
  const at = { family: 'inet', table: 'more' };
  snapshot.namespaces[0]!.nftables.push(
    { table: { family: 'inet', name: 'more' } },
    { chain: { ...at, name: 'in', type: 'filter', hook: 'input', prio: 0, policy: 'accept' } },
    { rule: { ...at, chain: 'in', expr } },
  );
  const file = join(directory, 'host-a.json');
  writeFileSync(file, JSON.stringify(snapshot));
  return file;
}

const trace = (file: string, ...flags: string[]) =>
  podlan('trace', 'pod-a1', '10.244.1.1', '--snapshots', file, ...flags);

test('a rule that is not simulated and may decide: 2, and what it is', async () => {
  const file = fileWith({ limit: { rate: 5, per: 'second' } }, { drop: null });
  const { code, stdout } = await trace(file);
  expect(code).toBe(2);
  const words = 'inet more in: {"limit":{"rate":5,"per":"second"}} drop';
  const rule = `host-a: input: a rule that is not modelled is taken not to match: ${words}`;
  expect(stdout).toContain(
    `it cannot be told whether this is so: what decides about the packet too is not simulated\n  ${rule}\n`,
  );
  const json = await trace(file, '--json');
  expect([json.code, parseTrace(json.stdout).doubts]).toEqual([2, [rule]]);
});

test('one that only tells: 0, and nothing is said', async () => {
  const file = fileWith({ limit: { rate: 5, per: 'second' } }, { log: { prefix: 'seen' } });
  const { code, stdout } = await trace(file, '--json');
  expect([code, parseTrace(stdout).doubts]).toEqual([0, []]);
});

test.each(['224.0.0.1', '239.1.1.1', '255.255.255.255', 'ff02::1'])(
  'what is for many is not traced: %s',
  async (to) => {
    const { code, stderr } = await podlan('trace', 'pod-a1', to, '--snapshots', fileWith({ accept: null }));
    const message = `podlan: expected the address of one host or pod, found ${to}: what is for many goes more ways than one\n`;
    expect([code, stderr]).toEqual([2, message]);
  },
);

test('no address in particular is that of the sender', async () => {
  const file = fileWith({ accept: null });
  const { code, stdout } = await podlan('trace', 'pod-a1', '0.0.0.0', '--json', '--snapshots', file);
  expect([code, parseTrace(stdout).destination]).toEqual([0, '127.0.0.1']);
});
