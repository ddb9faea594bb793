/**
 * `podlan agent --kube-subnet-mgr` on a host of a cluster: this thread, the API server and the agent share a namespace.
 *
 *     eth0 192.168.99.1/24    eth1 192.168.98.1/24    lo: the API server
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { annotationOf, FLANNEL } from '../../../packages/fabric/test/kubernetes/clients.js';
import type { JsonObject } from '../../../packages/fabric/test/kubernetes/objects.js';
import { KubernetesServer } from '../../../packages/fabric/test/kubernetes/server.js';
import { type OwnNetns, ownNetns } from '../../../packages/linux/test/own-netns.js';
import { eventually, MAIN, run } from './test-lab.js';

const CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const MAC = '02:00:00:00:00:02';

let place: OwnNetns;
let server: KubernetesServer;
let folder: string;
let agent: ChildProcess | undefined;
beforeAll(async () => {
  vi.stubEnv('NODE_NAME', 'node-a');
  place = await ownNetns(`agent-kube-${process.pid}`);
  for (const [dev, address] of [
    ['eth0', '192.168.99.1/24'],
    ['eth1', '192.168.98.1/24'],
  ]) {
    await place.ip(`link add ${dev} type veth peer name far-${dev}`, `addr add ${address} dev ${dev}`);
    await place.ip(`link set far-${dev} up`, `link set ${dev} up`);
  }
  await place.ip('link set lo up', 'route add default via 192.168.99.2 dev eth0');
  server = await new KubernetesServer().start();
  server.objects.add({ name: 'node-a', podCIDRs: ['10.244.1.0/24'] });
  folder = mkdtempSync(join(tmpdir(), 'podlan-kube-'));
  writeFileSync(join(folder, 'net-conf.json'), JSON.stringify(CONFIG));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  agent?.kill('SIGKILL');
  await server?.stop();
  await place?.dispose();
  rmSync(folder, { recursive: true });
});

const flags = () => [
  ...['--kube-subnet-mgr', '--kube-api-url', server.url, '--net-config-path', join(folder, 'net-conf.json')],
  ...['--name', 'a', '--socket', join(folder, 'a.sock'), '--subnet-file', join(folder, 'subnet.env')],
  ...['--dataplane', 'kernel', '--log-level', 'warn'],
];

function start(): void {
  agent = spawn(process.execPath, [MAIN, 'agent', ...flags()], { stdio: ['ignore', 'inherit', 'inherit'] });
}

async function stop(): Promise<void> {
  agent!.kill('SIGTERM');
  await once(agent!, 'exit');
}

const own = (name: string) => annotationOf(server.objects.get('node-a')!, name);
const condition = () =>
  ((server.objects.get('node-a')!.status as JsonObject).conditions as JsonObject[]).find(
    ({ type }) => type === 'NetworkUnavailable',
  );
const routes = async () => (await run('ip', 'route', 'show', 'dev', 'flannel.1')).stdout;
const isThere = (wanted: unknown) => (seen: unknown) => seen === wanted;

test('it leases the pod CIDR, tells its peers, and follows them', async () => {
  start();
  await eventually(async () => own('public-ip'), isThere('192.168.99.1'), 20_000);
  expect(own('backend-data')).toMatch(/^\{"VNI":1,"VtepMAC":"([\da-f]{2}:){5}[\da-f]{2}"\}$/);
  expect(condition()).toMatchObject({ status: 'False', reason: 'FlannelIsUp' });
  await eventually(async () => existsSync(join(folder, 'subnet.env')), isThere(true));
  expect(readFileSync(join(folder, 'subnet.env'), 'utf8')).toContain('FLANNEL_SUBNET=10.244.1.1/24\n');
  const annotations = {
    [`${FLANNEL}/backend-type`]: 'vxlan',
    [`${FLANNEL}/backend-data`]: `{"VNI":1,"VtepMAC":"${MAC}"}`,
    [`${FLANNEL}/public-ip`]: '192.168.99.2',
    [`${FLANNEL}/kube-subnet-manager`]: 'true',
  };
  server.objects.add({ name: 'flannel', podCIDRs: ['10.244.2.0/24'], annotations });
  await eventually(routes, (text) => text.includes('10.244.2.0/24 via 10.244.2.0'));
  server.objects.remove('flannel');
  await eventually(routes, isThere(''));
});

test('it uses the address that an annotation asks for, with the MAC it had', async () => {
  const before = own('backend-data');
  await stop();
  server.objects.annotate('node-a', { [`${FLANNEL}/node-public-ip`]: '192.168.98.1' });
  start();
  await eventually(async () => own('public-ip'), isThere('192.168.98.1'), 20_000);
  expect(own('backend-data')).toBe(before);
  const link = async () => (await run('ip', '-d', 'link', 'show', 'flannel.1')).stdout;
  await eventually(link, (text) => text.includes('local 192.168.98.1 dev eth1'));
});

test('its cleanup takes the lease along', async () => {
  await stop();
  const { code, stdout } = await run(process.execPath, MAIN, 'agent', '--cleanup', ...flags());
  expect({ code, stdout }).toMatchObject({ code: 0 });
  expect(own('kube-subnet-manager')).toBeUndefined();
  expect(condition()).toMatchObject({ status: 'True', reason: 'FlannelIsDown' });
});
