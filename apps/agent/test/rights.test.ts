/** Without a capability, an agent says which one it is; with those it needs, it runs as nobody in particular. */
import { chownSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { askAgent } from '../dist/agent/control-socket.js';
import { type Capability, missingRights } from '../dist/agent/rights.js';
import type { AgentStatus } from '../dist/status/agent-status.js';
import { eventually, isAlive, MAIN, TestLab } from './test-lab.js';

const NOBODY = 65_534;
const folder = mkdtempSync(join(tmpdir(), 'podlan-rights-'));
const file = (name: string) => join(folder, name);
const config = (backend: string) => JSON.stringify({ Network: '10.250.0.0/16', Backend: { Type: backend } });
const ownFlags = (backend: string) => [
  ...['--store', `sqlite:${file(`${backend}.db`)}`, '--net-config-path', file(`${backend}.json`)],
  ...['--socket', join(folder, 'run', 'agent.sock'), '--subnet-file', file('subnet.env')],
];

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.start('kernel');
  await lab.kill('host-a', 'SIGTERM');
  for (const backend of ['vxlan', 'udp']) writeFileSync(file(`${backend}.json`), config(backend));
  mkdirSync(join(folder, 'run'), { mode: 0o700 });
  await leaseToAPeer();
  for (const name of ['', ...readdirSync(folder)]) chownSync(file(name), NOBODY, NOBODY);
});
afterAll(async () => {
  await lab[Symbol.asyncDispose]();
  rmSync(folder, { recursive: true });
});

/** There has to be somebody to probe. */
async function leaseToAPeer(): Promise<void> {
  const store = await openSqliteStore({ path: file('vxlan.db'), config: config('vxlan') });
  const publicIp = parseIpAddress('192.168.77.99')!;
  const endpoints = [{ publicIp, data: { VNI: 1, VtepMAC: '02:00:00:00:00:99' } }];
  await store.acquire({ attributes: { backendType: 'vxlan', endpoints }, previous: [] });
  await store.close();
}

const asNobody = (...capabilities: string[]) => {
  const sets = capabilities.map((one) => `+${one}`).join(',');
  const given = sets === '' ? [] : [`--inh-caps=${sets}`, `--ambient-caps=${sets}`];
  return ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups', ...given];
};
const agent = (backend: string) => ['timeout', '10', process.execPath, MAIN, 'agent', ...ownFlags(backend)];

describe('refused is', () => {
  test.each([
    ['nobody without capabilities', asNobody(), 'vxlan', 'CAP_NET_ADMIN'],
    ['nobody with CAP_NET_RAW', asNobody('net_raw'), 'vxlan', 'CAP_NET_ADMIN'],
    ['root without CAP_NET_ADMIN', ['setpriv', '--bounding-set=-net_admin'], 'vxlan', 'CAP_NET_ADMIN'],
    ['nobody with CAP_NET_ADMIN and the udp backend', asNobody('net_admin'), 'udp', 'CAP_NET_RAW'],
    ['root without CAP_NET_RAW, with udp', ['setpriv', '--bounding-set=-net_raw'], 'udp', 'CAP_NET_RAW'],
  ])('%s', async (_who, program, backend, lacking) => {
    const { code, stderr } = await lab.in('host-a', ...program, ...agent(backend));
    expect([code, stderr]).toEqual([
      1,
      expect.stringContaining(`needs ${lacking}; this process lacks ${lacking}:`),
    ]);
  });

  test.each(['snapshot', 'doctor'])('podlan %s without the right to enter namespaces', async (command) => {
    const without = ['setpriv', '--bounding-set=-sys_admin'];
    const { code, stderr } = await lab.in('host-a', ...without, process.execPath, MAIN, command);
    expect(code).not.toBe(0);
    expect(stderr).toContain('needs CAP_NET_ADMIN and CAP_SYS_ADMIN; this process lacks CAP_SYS_ADMIN:');
  });
});

test('nobody with CAP_NET_ADMIN runs an agent for vxlan, which can probe nobody without CAP_NET_RAW', async () => {
  const flags = [...ownFlags('vxlan'), '--dataplane', 'kernel'];
  const child = lab.spawn('host-a', ...asNobody('net_admin'), process.execPath, MAIN, 'agent', ...flags);
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const socket = join(folder, 'run', 'agent.sock');
  try {
    const { failures, unready } = await eventually(
      async () => (await askAgent(socket, '/status').catch(() => ({ said }))) as Partial<AgentStatus>,
      (status) => status.ready === true && status.unready === undefined,
      20_000,
    );
    expect([failures, unready]).toEqual([[], undefined]);
    await expect(askAgent(socket, '/probe')).rejects.toThrow(/CAP_NET_RAW/);
  } finally {
    child.kill('SIGTERM');
    await eventually(
      async () => isAlive(child.pid!),
      (alive) => !alive,
      10_000,
    );
  }
});

describe('rights in /proc', () => {
  const status = (uid: number, sets: Record<string, number>) =>
    [
      `Uid:\t${uid}\t${uid}\t${uid}\t${uid}`,
      ...Object.entries(sets).map(([set, bits]) => `${set}:\t${bits.toString(16)}`),
    ].join('\n');
  const [admin, raw] = [1 << 12, 1 << 13];
  const both: Capability[] = ['CAP_NET_ADMIN', 'CAP_NET_RAW'];

  test.each([
    ['root with all', status(0, { CapEff: admin | raw, CapBnd: admin | raw }), []],
    ['root with one', status(0, { CapEff: raw, CapBnd: raw }), [['CAP_NET_ADMIN', '']]],
    [
      'a user whose programs would have none',
      status(1000, { CapEff: admin | raw, CapBnd: admin | raw, CapAmb: 0 }),
      [['CAP_NET_ADMIN', ' for the programs that it runs (ip, nft)']],
    ],
    ['a user who has them as ambient', status(1000, { CapEff: admin | raw, CapAmb: admin | raw }), []],
    ['a user with nothing', status(1000, {}), both.map((one) => [one, ''])],
  ])('%s', (_who, text, expected) => {
    expect(missingRights(text, both).map(({ capability, hint }) => [capability, hint])).toEqual(expected);
  });
});
