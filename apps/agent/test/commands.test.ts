/**
 * `podlan commands`: what it prints makes, in an empty namespace, what the agent made on its host.
 *
 *     host-a: agent   eth0 192.168.99.1, fd00:99::1 ---- host-b, set up by hand
 *     by hand:        eth0 192.168.99.1, fd00:99::1 ---- other0 (same namespace)
 */
import { join } from 'node:path';
import type { DesiredState } from '@podlan/fabric';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { addNetns, deleteNetns, diff, LinuxKernel, type Row, runIn, scopeOf } from '@podlan/linux';
import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { type CommandReport, commandReports, commandText } from '../dist/agent/command-report.js';
import { serveControlSocket } from '../dist/agent/control-socket.js';
import { type Family, joinPlainly } from './plain-host.js';
import { type Dataplane, podlan } from './test-lab.js';
import { hostAddress, ip, TwoHosts } from './two-hosts.js';

let hosts: TwoHosts;
let byHand: string;
beforeAll(async () => {
  hosts = await TwoHosts.make();
  byHand = `${hosts.a.netns}-by-hand`;
});
afterEach(() => hosts.reset());
afterAll(async () => {
  await deleteNetns(byHand);
  await hosts[Symbol.asyncDispose]();
});

async function emptyHost(): Promise<LinuxKernel> {
  await deleteNetns(byHand);
  await addNetns(byHand);
  await ip(
    byHand,
    'link add eth0 type veth peer name other0',
    ...([4, 6] as const).map(
      (family) => `addr add ${hostAddress(family, 1)}/${family === 4 ? '24' : '64 nodad'} dev eth0`,
    ),
    'link set other0 up',
    'link set eth0 up',
  );
  return new LinuxKernel({ netns: byHand });
}

const isKernels = ({ kind }: Row) => kind !== 'forwarder' && kind !== 'tunnel';
const V4 = { Network: '10.244.0.0/16' };
const DUAL = { ...V4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const socket = () => join(hosts.directory, 'agent.sock');

const CASES: [string, object, Family[], { Type: string; DirectRouting?: boolean }, Dataplane, string][] = [
  [
    'vxlan in both families',
    DUAL,
    [4, 6],
    { Type: 'vxlan' },
    'kernel',
    'link sysctl address neighbor fdb route chain',
  ],
  [
    'vxlan with direct routes',
    DUAL,
    [4, 6],
    { Type: 'vxlan', DirectRouting: true },
    'kernel',
    'link sysctl address route chain',
  ],
  ['host-gw', DUAL, [4, 6], { Type: 'host-gw' }, 'kernel', 'route chain'],
  [
    'vxlan by the forwarder',
    DUAL,
    [4, 6],
    { Type: 'vxlan' },
    'wasm',
    'link sysctl address neighbor route chain forwarder tunnel',
  ],
  ['udp', V4, [4], { Type: 'udp' }, 'wasm', 'link address route chain forwarder tunnel'],
];

test.each(CASES)('%s', async (_, network, families, backend, dataplane, kinds) => {
  await hosts.agent({ ...network, Backend: backend }, '--dataplane', dataplane, '--ip-masq');
  const store = await openSqliteStore({ path: hosts.store });
  // flannel's udp writes none.
  const leaseType = backend.Type === 'udp' ? '' : backend.Type;
  await joinPlainly(store, { box: hosts.b, families, mtu: 1430 }, leaseType);
  await store.close();
  await hosts.status(({ peers }) => peers[0]?.status === 'programmed');

  const reports = JSON.parse(
    (await podlan('commands', '--json', '--socket', socket())).stdout,
  ) as CommandReport[];
  const rows = reports.flatMap((one) => one.rows);
  expect(new Set(rows.map(({ kind }) => kind))).toEqual(new Set(kinds.split(' ')));
  const madeByAgent = rows.filter(isKernels);
  const agents = new LinuxKernel({ netns: hosts.a.netns });
  expect(diff(await agents.snapshot(scopeOf(madeByAgent)), madeByAgent)).toEqual([]);

  const { stdout } = await podlan('commands', '--socket', socket());
  expect(stdout).toBe(`${commandText(reports)}\n`);
  expect(stdout).toMatch(/^# host 10\.244\.1\.0\/24 .*at 192\.168\.99\.1\b/);
  expect(stdout).toMatch(/\n\n# peer 10\.244\.2\.0\/24 .*at 192\.168\.99\.2\b/);
  const kernel = await emptyHost();
  expect(await runIn(byHand, ['sh', '-e'], { input: stdout })).toMatchObject({ code: 0, stderr: '' });
  expect(diff(await kernel.snapshot(scopeOf(madeByAgent)), madeByAgent)).toEqual([]);
});

describe('without rows to tell of', () => {
  test('no agent: where one was expected, and how to start it', async () => {
    const { code, stdout, stderr } = await podlan('commands', '--socket', '/nowhere/agent.sock');
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(/expected an agent at \/nowhere\/agent\.sock, found none .*podlan agent/);
  });

  test('an agent without a lease', async () => {
    const path = socket();
    const server = await serveControlSocket(path, { reports: { '/desired': () => [] } });
    const { code, stderr } = await podlan('commands', '--socket', path);
    server.close();
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/to hold a lease, found none yet; see why with: podlan status/),
    });
  });
});

test('what is no address is nothing of a heading', () => {
  const desired: DesiredState = {
    owner: 'host\nreboot',
    subnets: [parseIpPrefix('10.244.2.0/24')!, '10.0.0.0/8\nreboot' as never],
    publicIps: [parseIpAddress('192.168.99.2')!, '$(reboot)' as never],
    rows: [],
  };
  expect(commandText(commandReports([desired]))).toBe('# peer 10.244.2.0/24 ? at 192.168.99.2 ?');
});
