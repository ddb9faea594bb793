/** `kill -9`, SIGTERM and --cleanup of an agent. */
import { existsSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Dataplane, eventually, TestLab } from './test-lab.js';

const DATAPLANES: Dataplane[] = ['wasm', 'kernel'];

describe.each(DATAPLANES)('%s', (dataplane) => {
  let lab: TestLab;
  beforeAll(async () => {
    lab = await TestLab.start(dataplane, dataplane);
  });
  afterAll(() => lab[Symbol.asyncDispose]());

  const mac = async () =>
    /link\/ether (\S+)/.exec((await lab.in('host-a', 'ip', 'link', 'show', 'flannel.1')).stdout)?.[1];

  test('kill -9 and restart: same subnet, same MAC, traffic goes on', async () => {
    const before = { subnets: (await lab.agent('host-a')).lease!.subnets, mac: await mac() };
    const series = lab.spawn(
      'pod-a1',
      'ping',
      '-n',
      '-i',
      '0.01',
      '-c',
      '300',
      '-W',
      '1',
      lab.address('pod-b1'),
    );
    let text = '';
    series.stdout.on('data', (chunk) => {
      text += chunk;
    });
    const ended = new Promise((resolve) => series.once('close', resolve));
    await eventually(
      async () => text,
      (seen) => seen.includes('icmp_seq=20'),
    );
    await lab.kill('host-a', 'SIGKILL');
    expect(await mac()).toBe(before.mac);
    const status = await lab.restart('host-a');
    await ended;
    expect({ subnets: status.lease!.subnets, mac: await mac() }).toEqual(before);
    if (dataplane === 'kernel') expect(text).toContain('300 received');
    await eventually(
      () => lab.reaches('pod-a1', 'pod-b1'),
      (yes) => yes,
    );
  });

  test('SIGTERM ends the process only: device, routes and lease stay', async () => {
    await lab.kill('host-a', 'SIGTERM');
    expect((await lab.in('host-a', 'ip', 'route')).stdout).toContain(
      '10.244.2.0/24 via 10.244.2.0 dev flannel.1',
    );
    expect((await lab.agent('host-b')).peers).toHaveLength(1);
    await lab.restart('host-a');
    await eventually(
      () => lab.reaches('pod-a1', 'pod-b1'),
      (yes) => yes,
    );
  });

  test('leave ends the agent, also one started anew by hand, cleans the host up and gives the lease back', async () => {
    const host = lab.state.hosts.find(({ name }) => name === 'host-b')!;
    const { pid } = host;
    host.pid = 0;
    await lab.leave('host-b');
    expect(existsSync(`/proc/${pid}`)).toBe(false);
    await eventually(
      async () => (await lab.agent('host-a')).peers,
      (peers) => peers.length === 0,
    );
  });
});
