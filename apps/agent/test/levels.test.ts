/** Level-triggered: whatever drifted is put right, on both dataplanes, and nothing stale remains. */
import { join } from 'node:path';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { labDirectory } from '../dist/lab/lab-state.js';
import { type Dataplane, eventually, rightWithinASecond, TestLab } from './test-lab.js';

const DATAPLANES: Dataplane[] = ['wasm', 'kernel'];

describe.each(DATAPLANES)('%s', (dataplane) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start(dataplane, dataplane);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const talks = () =>
    eventually(
      () => lab.reaches('pod-a1', 'pod-b1'),
      (yes) => yes,
    );
  const routes = async (host: string) =>
    (await lab.in(host, 'ip', 'route', 'show', 'dev', 'flannel.1')).stdout;
  const neighbors = async (host: string) =>
    (await lab.in(host, 'ip', 'neigh', 'show', 'dev', 'flannel.1')).stdout;
  const fdb = async (host: string) =>
    (await lab.in(host, 'bridge', 'fdb', 'show', 'dev', 'flannel.1')).stdout;

  test('row 2: flannel.1 deleted: whole again, with the same MAC', async () => {
    const mac = async () =>
      /link\/ether (\S+)/.exec((await lab.in('host-a', 'ip', 'link', 'show', 'flannel.1')).stdout)?.[1];
    const before = await mac();
    await talks();
    await rightWithinASecond(
      () => lab.in('host-a', 'ip', 'link', 'delete', 'flannel.1'),
      () => lab.in('pod-a1', 'ping', '-n', '-c', '1', '-W', '0.1', lab.address('pod-b1')),
      ({ code }) => code === 0,
    );
    expect(await mac()).toBe(before);
    expect(await routes('host-a')).toContain('10.244.2.0/24');
  });

  test('row 3: routes flushed: restored', async () => {
    await rightWithinASecond(
      () => lab.in('host-a', 'ip', 'route', 'flush', 'dev', 'flannel.1'),
      () => routes('host-a'),
      (text) => text.includes('10.244.2.0/24 via 10.244.2.0'),
    );
    await talks();
  });

  test('row 3: neighbors flushed: restored', async () => {
    await rightWithinASecond(
      () => lab.in('host-a', 'ip', 'neigh', 'flush', 'dev', 'flannel.1', 'nud', 'permanent'),
      () => neighbors('host-a'),
      (text) => text.includes('10.244.2.0 lladdr'),
    );
    await talks();
  });

  if (dataplane === 'kernel') {
    test('row 3: an FDB entry deleted: restored', async () => {
      const before = await fdb('host-a');
      const [mac] = before.split(' ') as [string];
      await rightWithinASecond(
        () => lab.in('host-a', 'bridge', 'fdb', 'del', mac, 'dev', 'flannel.1'),
        () => fdb('host-a'),
        (text) => text === before,
      );
      await talks();
    });
  }

  test('a foreign route on our device is removed', async () => {
    await lab.in(
      'host-a',
      'ip',
      'route',
      'add',
      '10.99.0.0/24',
      'via',
      '10.244.2.0',
      'dev',
      'flannel.1',
      'onlink',
    );
    await eventually(
      () => routes('host-a'),
      (text) => !text.includes('10.99.0.0'),
    );
  });

  test("row 5: a peer's VTEP MAC changed in the store is followed, and the old one gone", async () => {
    const changed = '02:00:00:00:be:ef';
    await lab.kill('host-b', 'SIGKILL');
    const store = await openSqliteStore({ path: join(labDirectory(lab.name), 'leases.db') });
    const lease = (await firstSnapshot(store)).find(({ subnets }) => subnets[0] === '10.244.2.0/24')!;
    const [endpoint] = lease.attributes.endpoints;
    const old = (endpoint!.data as { VtepMAC: string }).VtepMAC;
    const endpoints = [{ ...endpoint!, data: { VNI: 1, VtepMAC: changed } }];
    await store.renew({ ...lease, attributes: { ...lease.attributes, endpoints } });
    await store.close();
    await eventually(
      () => neighbors('host-a'),
      (text) => text.includes(changed) && !text.includes(old),
    );
    if (dataplane === 'kernel') {
      await eventually(
        () => fdb('host-a'),
        (text) => text.includes(changed) && !text.includes(old),
      );
    }
    await lab.restart('host-b');
    await talks();
  });

  test('a third host appears on all others; when it leaves it is gone from all', async () => {
    await lab.join(dataplane);
    for (const host of ['host-a', 'host-b'])
      await eventually(
        () => routes(host),
        (text) => text.includes('10.244.3.0/24'),
      );
    await eventually(
      () => lab.reaches('pod-b1', 'pod-c1'),
      (yes) => yes,
    );
    await lab.leave('host-c');
    for (const host of ['host-a', 'host-b']) {
      await eventually(
        () => routes(host),
        (text) => !text.includes('10.244.3.'),
      );
      await eventually(
        () => neighbors(host),
        (text) => !text.includes('10.244.3.'),
      );
      expect(await fdb(host)).not.toContain('192.168.77.13');
      expect((await lab.agent(host)).peers).toHaveLength(1);
    }
  });

  test('row 6: a peer that leaves while an agent is down is removed when that agent starts', async () => {
    const { host } = await lab.join(dataplane);
    const subnet = (await lab.agent(host.name)).lease!.subnets[0]!;
    await eventually(
      () => routes('host-a'),
      (text) => text.includes(subnet),
    );
    await lab.kill('host-a', 'SIGTERM');
    await lab.leave(host.name);
    expect(await routes('host-a')).toContain(subnet);
    await lab.restart('host-a');
    await eventually(
      () => routes('host-a'),
      (text) => !text.includes(subnet),
    );
    expect(await neighbors('host-a')).not.toContain(subnet.replace('/24', ' '));
    expect(await fdb('host-a')).not.toContain(host.address);
    await talks();
  });
});

async function firstSnapshot(store: Awaited<ReturnType<typeof openSqliteStore>>) {
  const stop = new AbortController();
  for await (const [first] of store.watch(stop.signal)) {
    if (first?.type === 'snapshot') return first.leases;
  }
  throw new Error('the watch ended without a snapshot');
}
