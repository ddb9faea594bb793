/** The lab's commands as a person types them. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, statSync } from 'node:fs';
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { afterAll, afterEach, describe, expect, test } from 'vitest';
import { labDirectory } from '../dist/lab/lab-state.js';
import { labNamespaces } from '../dist/lab/topology.js';
import { eventually, isAlive, MAIN, type Output, podlan, run } from './test-lab.js';

const NAME = `t${process.pid}-cli`;
const lab = (verb: string, ...args: string[]) => podlan('lab', '--name', NAME, verb, ...args);

interface Status {
  hosts: { name: string; netns: string; address: string; subnet: string; dataplane: string; pid: number }[];
  pods: { name: string; host: string; netns: string; address: string }[];
}
const statusOf = (output: Output) => JSON.parse(output.stdout) as Status;

afterEach(() => lab('down'));

describe('as root', () => {
  test('up, status, exec, join, leave, down', async () => {
    const status = statusOf(
      await lab('up', '--hosts', '2', '--pods', '2', '--dataplane', 'kernel', '--json'),
    );
    expect(status.hosts.map(({ subnet }) => subnet)).toEqual(['10.244.1.0/24', '10.244.2.0/24']);
    expect(status.hosts[0]).toMatchObject({ name: 'host-a', address: '192.168.77.11', dataplane: 'kernel' });
    expect(status.pods.map(({ name, address }) => [name, address])).toEqual([
      ['pod-a1', '10.244.1.2'],
      ['pod-a2', '10.244.1.3'],
      ['pod-b1', '10.244.2.2'],
      ['pod-b2', '10.244.2.3'],
    ]);
    const { stdout } = await podlan('lab', 'status', '--name', NAME, '--json');
    expect(JSON.parse(stdout).pods).toEqual(status.pods);
    const { stdout: namespaces } = await run('ip', 'netns', 'list');
    for (const { netns } of [...status.hosts, ...status.pods]) expect(namespaces).toContain(netns);

    const ping = await lab('exec', 'pod-a1', '--', 'ping', '-n', '-c', '1', '-W', '2', '10.244.2.2');
    expect(ping.stdout).toContain('1 received');
    expect((await lab('exec', 'pod-a1', '--', 'sh', '-c', 'exit 7')).code).toBe(7);

    const socket = ['--socket', join(labDirectory(NAME), 'host-a', 'agent.sock')];
    const agent = JSON.parse((await podlan('status', '--json', ...socket)).stdout);
    expect(agent).toMatchObject({ name: 'host-a', ready: true, dataplane: 'kernel', mtu: 1450 });
    expect(agent.peers).toMatchObject([{ subnets: ['10.244.2.0/24'], status: 'programmed' }]);
    expect((await podlan('status', ...socket)).stdout).toMatch(
      /192\.168\.77\.12 +10\.244\.2\.0\/24 +vxlan +3\/3/,
    );
    expect(statSync(socket[1]!).mode & 0o777).toBe(0o600);

    expect((await lab('join')).code).toBe(0);
    expect((await lab('leave', 'host-b')).code).toBe(0);
    const after = statusOf(await lab('status', '--json'));
    expect(after.hosts.map(({ name }) => name)).toEqual(['host-a', 'host-c']);
    expect(after.hosts[1]!.subnet).toBe('10.244.3.0/24');

    const pids = after.hosts.map(({ pid }) => pid);
    expect((await lab('down')).stdout).toContain('the lab is down');
    expect(await labNamespaces(NAME)).toEqual([]);
    expect(pids.filter(isAlive)).toEqual([]);
    expect(existsSync(labDirectory(NAME))).toBe(false);
  });

  test.each([
    ['vxlan', 'ipv6'],
    ['host-gw', 'dual'],
  ])(
    'up with backend %s and family %s: pods of two hosts reach each other in it',
    async (backend, family) => {
      const up = await lab('up', '--backend', backend, '--family', family, '--json');
      const status = JSON.parse(up.stdout);
      expect(status).toMatchObject({ backend, family, store: 'sqlite' });
      const addresses: string[] = status.pods[1].addresses;
      expect(addresses).toEqual([...(family === 'dual' ? ['10.244.2.2'] : []), 'fd00:244:0:2::2']);
      for (const address of addresses) {
        const ping = await lab('exec', 'pod-a1', '--', 'ping', '-n', '-c', '1', '-W', '2', address);
        expect(ping.stdout).toContain('1 received');
      }
    },
  );

  test('up twice is refused and changes nothing; down twice is no error', async () => {
    const first = statusOf(await lab('up', '--hosts', '1', '--dataplane', 'kernel', '--json'));
    const second = await lab('up');
    expect(second.code).toBe(1);
    expect(second.stderr).toContain('a lab stands already');
    expect(statusOf(await lab('status', '--json')).hosts).toEqual(first.hosts);
    expect((await lab('down')).code).toBe(0);
    const again = await lab('down');
    expect(again).toMatchObject({ code: 0, stdout: 'there was no lab\n' });
  });

  test('killed half-way: up and status say so, down repairs it', async () => {
    const half = spawn(process.execPath, [MAIN, 'lab', '--name', NAME, 'up', '--hosts', '8'], {
      stdio: 'ignore',
    });
    const ended = once(half, 'exit');
    await eventually(
      () => labNamespaces(NAME),
      (names) => names.length > 0,
      30_000,
    );
    half.kill('SIGKILL');
    await ended;
    expect((await lab('up')).stderr).toContain('podlan lab down');
    expect((await lab('down')).code).toBe(0);
    expect(await labNamespaces(NAME)).toEqual([]);
    expect((await lab('up', '--hosts', '1', '--dataplane', 'kernel')).code).toBe(0);
  });

  test.each([
    [['leave', 'host-z'], 'expected a host of the lab, found host-z; there are: host-a'],
    [['exec', 'pod-z9', '--', 'true'], 'expected a host or pod of the lab, found pod-z9'],
  ])('%j names what there is', async (args, message) => {
    await lab('up', '--hosts', '1', '--dataplane', 'kernel');
    const { code, stderr } = await lab(...(args as [string, ...string[]]));
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });

  test('without a lab every verb says how to start one', async () => {
    for (const args of [['status'], ['join'], ['leave', 'host-a'], ['exec', 'pod-a1', '--', 'true']]) {
      const { code, stderr } = await lab(...(args as [string, ...string[]]));
      expect(code).toBe(1);
      expect(stderr).toContain('podlan lab up');
    }
  });

  test.each([
    [['up', '--hosts', '0'], '--hosts: expected a whole number from 1 to 200, found 0'],
    [
      ['up', '--backend', 'udp', '--family', 'dual'],
      '--backend udp carries IPv4 alone: expected --family ipv4, found dual',
    ],
    [['up', '--store', 'x'], '--store: expected sqlite or etcd, found x'],
    [['up', '--dataplane', 'x'], '--dataplane: expected wasm or kernel, found x'],
    [['demo', '--lang', 'fr'], '--lang: expected en or zh, found fr'],
  ])('%j is refused', async (args, message) => {
    const { code, stderr } = await lab(...(args as [string, ...string[]]));
    expect(code).toBe(1);
    expect(stderr).toContain(message);
  });
});

describe('as a user without rights', () => {
  const directories: string[] = [];
  afterAll(async () => {
    for (const directory of directories) await rm(directory, { recursive: true, force: true });
  });

  /**
   * As user 65534 in a mount namespace of our own, where /dev/net/tun is open to all (it is on most machines).
   * The rest of the machine is seen as it is.
   */
  function podlanAsUser(directory: string, ...args: string[]): Promise<Output> {
    const script = `mount -t tmpfs tmpfs /mnt && mknod -m 0666 /mnt/tun c 10 200 && mount --bind /mnt/tun /dev/net/tun && umount -l /mnt
      exec setpriv --reuid=65534 --regid=65534 --clear-groups -- "$@"`;
    return run(
      'unshare',
      '--mount',
      '--propagation',
      'private',
      '--',
      'env',
      `XDG_RUNTIME_DIR=${directory}`,
      'sh',
      '-ec',
      script,
      'sh',
      process.execPath,
      MAIN,
      ...args,
    );
  }
  const asUser = (directory: string, ...args: string[]) =>
    podlanAsUser(directory, 'lab', '--name', NAME, ...args);

  test('a command that finds no lab leaves no holder behind', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'podlan-user-'));
    directories.push(directory);
    await chmod(directory, 0o777);
    expect((await asUser(directory, 'status')).stderr).toContain('found none');
    expect(existsSync(join(directory, 'podlan', `lab-${NAME}.holder`))).toBe(false);
  });

  test('a holder keeps the namespaces; later commands join it; down ends it', async () => {
    const directory = await mkdtemp(join(tmpdir(), 'podlan-user-'));
    directories.push(directory);
    await chmod(directory, 0o777);
    const up = await asUser(directory, 'up', '--hosts', '2', '--json');
    expect(up.stderr).not.toContain('podlan:');
    const { hosts } = statusOf(up);
    expect(hosts).toHaveLength(2);
    const ping = await asUser(
      directory,
      'exec',
      'pod-a1',
      '--',
      'ping',
      '-n',
      '-c',
      '1',
      '-W',
      '2',
      '10.244.2.2',
    );
    expect(ping.stdout).toContain('1 received');
    const list = await asUser(directory, 'exec', 'host-a', '--', 'ip', 'route');
    expect(list.stdout).toContain('10.244.2.0/24 via 10.244.2.0 dev flannel.1');
    const files = join(directory, 'snapshots');
    const taken = await asUser(directory, 'snapshot', '--output', relative(process.cwd(), files));
    expect([taken.code, taken.stderr]).toEqual([0, '']);
    expect((await readdir(files)).sort()).toEqual(['host-a.json', 'host-b.json', 'underlay.json']);
    const pcap = join(directory, 'trace.pcapng');
    const traced = await podlanAsUser(
      directory,
      ...['trace', 'pod-a1', 'pod-b1', '--name', NAME, '--live', '--pcap', relative(process.cwd(), pcap)],
    );
    expect([traced.code, traced.stdout]).toEqual([0, expect.stringContaining('a real packet agrees')]);
    expect(statSync(pcap).size).toBeGreaterThan(1000);
    expect((await run('ip', 'netns', 'list')).stdout).not.toContain(NAME);
    expect((await asUser(directory, 'down')).code).toBe(0);
    expect(existsSync(join(directory, 'podlan', `lab-${NAME}.holder`))).toBe(false);
    expect((await run('pgrep', '-u', '65534', '-f', NAME)).stdout).toBe('');
  });
});
