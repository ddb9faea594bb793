/** `kill -9`, SIGTERM and --cleanup of an agent. */
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostDirectory } from '../dist/lab/lab-agents.js';
import { type Dataplane, eventually, MAIN, TestLab } from './test-lab.js';

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

  /** Of host-a, with a store that can't be read. */
  const cleanUp = () => {
    const directory = hostDirectory(lab.name, 'host-a');
    const store = join(directory, 'garbage.db');
    writeFileSync(store, 'this is no database, and never was one'.repeat(100));
    const files = ['--socket', join(directory, 'agent.sock'), '--subnet-file', join(directory, 'subnet.env')];
    const flags = ['--cleanup', '--store', `sqlite:${store}`, ...files];
    return lab.in('host-a', process.execPath, MAIN, 'agent', ...flags);
  };
  const inHost = async (...command: string[]) => (await lab.in('host-a', ...command)).stdout;

  test('cleanup is refused while the agent runs', async () => {
    const before = await mac();
    const { code, stderr } = await cleanUp();
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('an agent already serves') });
    expect(await mac()).toBe(before);
  });

  test('cleanup removes what is known for ours where the store is away, and fails', async () => {
    await lab.kill('host-a', 'SIGTERM');
    await lab.in('host-a', 'ip', 'link', 'add', 'flannel.99', 'type', 'bridge');
    await lab.in('host-a', 'ip', 'route', 'add', '10.244.9.0/24', 'dev', 'eth0', 'proto', '80');
    expect(await inHost('nft', 'list', 'tables')).toContain('podlan');
    const { code, stdout } = await cleanUp();
    expect({ code, stdout }).toEqual({ code: 1, stdout: expect.stringContaining('lease not released: ') });
    expect(await mac()).toBeUndefined();
    expect(await inHost('ip', '-N', 'route', 'show', 'proto', '80')).toBe('');
    expect(await inHost('nft', 'list', 'tables')).not.toContain('podlan');
    expect(existsSync(join(hostDirectory(lab.name, 'host-a'), 'subnet.env'))).toBe(false);
    expect(await inHost('ip', 'link', 'show', 'flannel.99')).toContain('flannel.99');
  });
});
