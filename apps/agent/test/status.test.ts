/** `podlan status`: what is read back and tried, and how it is told. */
import { spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryKernel, type Row } from '@podlan/linux/model';
import { parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { serveControlSocket } from '../dist/agent/control-socket.js';
import { agentSocket } from '../dist/lab/lab-agents.js';
import { rowsReadBack } from '../dist/status/live-report.js';
import type { StatusReport } from '../dist/status/status-report.js';
import { statusText } from '../dist/status/status-text.js';
import { MAIN, podlan, TestLab } from './test-lab.js';

const plain = (_colour: string, text: string) => text;
const NOW_MS = Date.UTC(2030, 0, 2);

const peer = (n: number, more: object = {}) => ({
  key: `10.244.${n}.0-24+fd00:244:${n}::-64`,
  subnets: [`10.244.${n}.0/24`, `fd00:244:${n}::/64`],
  publicIps: [`192.168.177.1${n}`, `fd00:177::1${n}`],
  backendType: 'vxlan',
  status: 'programmed',
  kernel: { rows: 6, missing: [] },
  renewedAtMs: NOW_MS - n * 3_600_000,
  ...more,
});

const report = (more: object = {}) =>
  ({
    name: 'host-a',
    pid: 7,
    dataplane: 'wasm',
    mtu: 1430,
    interface: { name: 'eth0', addresses: ['192.168.177.11'], mtu: 1500 },
    lease: { subnets: ['10.244.1.0/24'], expiresAtMs: NOW_MS },
    store: { watching: true },
    peers: [],
    failures: [],
    notices: [],
    forwarders: {},
    ...more,
  }) as unknown as StatusReport;

describe('rows read back', () => {
  const route: Row = { kind: 'route', dev: 'flannel.1', prefix: parseIpPrefix('10.244.2.0/24')! };
  const link: Row = {
    kind: 'link',
    type: 'bridge',
    name: 'flannel.1',
    mtu: 1450,
    up: true,
    mac: parseMacAddress('02:00:00:00:00:01')!,
  };
  const desired = [
    { owner: 'host', subnets: [], publicIps: [], rows: [link] },
    { owner: '10.244.2.0-24', subnets: [], publicIps: [], rows: [route] },
  ];

  test('are those of the kernel, not those that somebody believes in', async () => {
    const kernel = new MemoryKernel();
    await kernel.apply([link, route].map((row) => ({ op: 'add' as const, row })));
    const whole = { host: { rows: 1, missing: [] }, peers: { '10.244.2.0-24': { rows: 1, missing: [] } } };
    expect(await rowsReadBack(kernel, desired)).toEqual(whole);
    kernel.remove(route);
    const { host, peers } = await rowsReadBack(kernel, desired);
    expect(host.missing).toEqual([]);
    expect(peers['10.244.2.0-24']).toEqual({ rows: 1, missing: [expect.stringContaining('10.244.2.0/24')] });
  });
});

describe('the text', () => {
  const missing = ['route 10.244.4.0/24 dev flannel.1'];
  const full = report({
    unready: 'subnet.env is not written',
    peers: [
      peer(2, { probe: { to: '10.244.2.0', sent: 3, received: 3, rttMs: 0.517 } }),
      peer(3, { probe: { to: '10.244.3.0', sent: 3, received: 2, rttMs: 12.5 } }),
      peer(4, { kernel: { rows: 6, missing }, probe: { to: '10.244.4.0', sent: 3, received: 0 } }),
      peer(5, { status: 'refused', reason: 'its VTEP address is ours', kernel: undefined }),
    ],
    live: {
      host: { rows: 4, missing: [] },
      devices: [
        {
          device: 'flannel.1',
          transmit: { packets: 1_234_567, bytes: 5 * 2 ** 30, errors: 0, drops: 0 },
          receive: { packets: 2, bytes: 98, errors: 0, drops: 0 },
        },
      ],
    },
    forwarders: { 'flannel.1': { byVerdict: { 'tx-tunneled': 9, 'rx-spoofed-source': 3 }, endpoints: [] } },
  });

  test('has what there is to know, in 80 columns', () => {
    const text = statusText(full, plain, NOW_MS);
    const lines = text.split('\n');
    expect(Math.max(...lines.map(({ length }) => length))).toBeLessThanOrEqual(80);
    for (const line of [
      /^node {7}host-a \(pid 7\), not ready: subnet.env is not written$/,
      /^192.168.177.12 +10.244.2.0\/24 +vxlan +6\/6 +2h ago +0.52 ms +0%$/,
      /^fd00:177::12 +fd00:244:2::\/64$/,
      /^192.168.177.13 .* 12.50 ms +33%$/,
      /^192.168.177.14 .* 5\/6 +4h ago +- +100%$/,
      /^192.168.177.15 .* refused +5h ago +- +-$/,
      /lacks 1, first: route 10.244.4.0\/24 dev flannel.1$/,
      /: its VTEP address is ours$/,
      /^flannel.1 +1234567 +5.0 GiB +2 +98 B$/,
      /^DROPPED BY flannel\.1 +PACKETS +REASON$/,
      /^rx-spoofed-source +3 +the inner source lies/,
      /^ {30,}\S.* subnet$/,
    ])
      expect(lines).toContainEqual(expect.stringMatching(line));
    expect(text).not.toContain('tx-tunneled');
  });

  test('has columns for a probe only where there was one, and no more lines than it needs', () => {
    const text = statusText(report({ peers: [peer(2)] }), plain, NOW_MS);
    expect(text).not.toMatch(/RTT|LOSS|TRAFFIC|DROPPED/);
  });

  test('paints what is wrong, and the widths stay', () => {
    const painted = statusText(full, (colour, text) => `<${colour}>${text}</>`, NOW_MS);
    expect(painted).toMatch(/<red>node .*not ready/);
    expect(painted).toMatch(/<yellow>192.168.177.13 /);
    expect(painted).toMatch(/<red>192.168.177.14 /);
    expect(painted.replace(/<\/?\w*>/g, '')).toBe(statusText(full, plain, NOW_MS));
  });
});

describe('the command', () => {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-status-'));
  const socket = join(folder, 'run', 'agent.sock');
  let unready: string | undefined = 'no lease yet';
  let server: Awaited<ReturnType<typeof serveControlSocket>>;
  beforeAll(async () => {
    const reports = { '/status': () => report({ ...(unready !== undefined && { unready }) }) };
    server = await serveControlSocket(socket, { reports });
  });
  afterAll(() => {
    server.close();
    rmSync(folder, { recursive: true });
  });

  test('ends with 2 where the node is not ready, 0 where it is, 1 where nobody answers', async () => {
    const notReady = await podlan('status', '--socket', socket);
    expect([notReady.code, notReady.stdout]).toEqual([2, expect.stringContaining('not ready: no lease yet')]);
    unready = undefined;
    expect((await podlan('status', '--socket', socket, '--json')).code).toBe(0);
    expect((await podlan('status', '--socket', join(folder, 'none.sock'))).code).toBe(1);
  });

  test('an agent that knows no more still tells what it believes', async () => {
    const { stdout } = await podlan('status', '--socket', socket, '--json', '--probe');
    const { liveError, probeError, name } = JSON.parse(stdout) as StatusReport;
    expect([name, liveError, probeError]).toEqual([
      'host-a',
      expect.stringContaining('/live'),
      expect.stringContaining('/probe'),
    ]);
  });

  test('--watch --json is a line each time, until it is interrupted', async () => {
    const child = spawn(process.execPath, [MAIN, 'status', '--socket', socket, '--json', '--watch', '1']);
    let out = '';
    await new Promise<void>((resolve) =>
      child.stdout.on('data', (data) => {
        out += data;
        if (out.split('\n').length > 2) resolve();
      }),
    );
    child.kill('SIGINT');
    expect(await new Promise((resolve) => child.once('close', resolve))).toBe(0);
    const lines = out.trimEnd().split('\n');
    expect(lines.map((line) => (JSON.parse(line) as StatusReport).name)).toEqual(lines.map(() => 'host-a'));
  });

  test('--watch refuses an interval that is none', async () => {
    const { code, stderr } = await podlan('status', '--socket', socket, '--watch', 'often');
    expect([code, stderr]).toEqual([1, expect.stringContaining('--watch: expected a whole number from 1')]);
  });
});

describe('in a lab', () => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start('wasm', 'wasm', 'kernel');
  });
  afterAll(() => lab[Symbol.asyncDispose]());
  const ask = async (host: string) => {
    const { stdout } = await podlan('status', '--socket', agentSocket(lab.name, host), '--json', '--probe');
    return JSON.parse(stdout) as StatusReport;
  };

  test.each(['host-a', 'host-c'])('all peers of %s are in its kernel, renewed, and answer', async (host) => {
    const { peers, live, liveError, probeError } = await ask(host);
    expect([liveError, probeError]).toEqual([undefined, undefined]);
    expect(live!.host.missing).toEqual([]);
    expect(live!.devices.map(({ device }) => device)).toEqual(['flannel.1']);
    expect(peers.length).toBe(2);
    for (const one of peers) {
      expect(one.kernel).toEqual({ rows: 3, missing: [] });
      expect(Date.now() - one.renewedAtMs!).toBeLessThan(120_000);
      expect(one.probe).toMatchObject({ to: one.subnets[0]!.split('/')[0], sent: 3, received: 3 });
      expect(one.probe!.rttMs).toBeGreaterThan(0);
    }
  });

  test('a peer whose agent was killed does not answer, the other one does', async () => {
    await lab.kill('host-b', 'SIGKILL');
    const { peers } = await ask('host-a');
    const received = Object.fromEntries(peers.map((one) => [one.publicIps[0], one.probe!.received]));
    expect(received).toEqual({ [lab.address('host-b')]: 0, [lab.address('host-c')]: 3 });
    expect(peers.every(({ traffic }) => traffic!.txPackets >= 3)).toBe(true);
  });
});
