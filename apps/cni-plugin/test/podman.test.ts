/**
 * Real pods: podman with runc calls the plugin, on two hosts of a lab.
 *
 *     pod web: infra, one, two    10.244.1.2 -- cni0 host-a == flannel.1 == host-b cni0 -- 10.244.2.2  pod db
 *                                                  |
 *                                    the outside 192.168.77.1 knows the hosts only
 */
import { fileURLToPath } from 'node:url';
import { run } from '@podlan/linux';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PodmanHost } from './podman-host.js';

const PODLAN = fileURLToPath(new URL('../../agent/bin/podlan.js', import.meta.url));
const LAB = `podman${process.pid}`;
const OUTSIDE = '192.168.77.1';

let a: PodmanHost;
let b: PodmanHost;
let underlay: string;
let untouched: string[];

async function lab(...args: string[]): Promise<string> {
  const argv = ['env', 'FLANNELD_IP_MASQ=true', process.execPath, PODLAN, 'lab', ...args, '--name', LAB];
  const { code, stdout, stderr } = await run(argv);
  if (code !== 0) throw new Error(`podlan lab ${args.join(' ')}: ${stderr}`);
  return stdout;
}

const rulesOf = async (host: PodmanHost) =>
  (await host.exec('iptables-save')).split('\n').filter((line) => /8080|10\.244\.\d+\.\d+\/32/.test(line));
const devicesOf = async (host: PodmanHost) =>
  JSON.parse(await host.exec('ip', '-j', 'link'))
    .map(({ ifname }: { ifname: string }) => ifname)
    .sort();

beforeAll(async () => {
  const { directory, hosts, ...state } = JSON.parse(await lab('up', '--hosts', '2', '--pods', '0', '--json'));
  underlay = state.underlay;
  [a, b] = hosts.map(
    ({ name, netns }: { name: string; netns: string }) =>
      new PodmanHost(netns, `${directory}/${name}/subnet.env`),
  ) as [PodmanHost, PodmanHost];
  untouched = await devicesOf(a);
  await a.podman('pod', 'create', '--name', 'web', '--network', 'podlan', '--publish', '8080:80');
  await a.start('web', 'one', '/bin/httpd', '-f', '-p', '80', '-h', '/www');
  await a.start('web', 'two', '/bin/sleep', '1000');
  await b.podman('pod', 'create', '--name', 'db', '--network', 'podlan');
  await b.start('db', 'three', '/bin/sleep', '1000');
}, 180_000);
afterAll(async () => {
  await a?.dispose();
  await b?.dispose();
  await lab('down');
}, 120_000);

const pings = (host: PodmanHost, container: string, target: string) =>
  host.podman('exec', container, '/bin/ping', '-c', '1', '-W', '3', target);

describe('a pod of podman', { timeout: 60_000 }, () => {
  test('has the address of its host’s subnet in its infra container', async () => {
    const infra = (await a.podman('pod', 'inspect', 'web', '--format', '{{.InfraContainerID}}')).trim();
    const [{ NetworkSettings }] = JSON.parse(await a.podman('inspect', infra));
    expect(NetworkSettings.Networks.podlan).toMatchObject({
      IPAddress: '10.244.1.2',
      IPPrefixLen: 24,
      Gateway: '10.244.1.1',
    });
    expect(a.reserved()).toEqual(['10.244.1.2']);
    expect(b.reserved()).toEqual(['10.244.2.2']);
  });

  test('all its containers see the same eth0', async () => {
    const [one, two] = await Promise.all(
      ['one', 'two'].map((name) => a.podman('exec', name, '/bin/ip', 'addr', 'show', 'eth0')),
    );
    expect(one).toContain('10.244.1.2/24');
    expect(one).toContain('mtu 1450');
    expect(two).toBe(one);
    const namespaces = await Promise.all(
      ['one', 'two'].map(async (name) => {
        const pid = await a.podman('inspect', name, '--format', '{{.State.Pid}}');
        return (await run(['readlink', `/proc/${pid}/ns/net`])).stdout;
      }),
    );
    expect(namespaces[0]).toMatch(/^net:/);
    expect(namespaces[1]).toBe(namespaces[0]);
  });

  test('and reach each other on 127.0.0.1', async () => {
    expect(await a.podman('exec', 'two', '/bin/wget', '-qO-', 'http://127.0.0.1/')).toBe('from the pod');
  });

  test('a pod of another host reaches it, both ways, and what it serves', async () => {
    expect(await pings(b, 'three', '10.244.1.2')).toContain(' 0% packet loss');
    expect(await pings(a, 'two', '10.244.2.2')).toContain(' 0% packet loss');
    expect(await b.podman('exec', 'three', '/bin/wget', '-qO-', 'http://10.244.1.2/')).toBe('from the pod');
  });

  test('it reaches the outside, which knows no pods, through masquerade', async () => {
    expect(await pings(a, 'two', OUTSIDE)).toContain(' 0% packet loss');
    const routes = (await run(['ip', '-n', underlay, 'route'])).stdout;
    expect(routes).not.toContain('10.244.');
  });

  test('a published port answers from outside', async () => {
    const argv = ['nsenter', `--net=/var/run/netns/${underlay}`, '--', 'busybox', 'wget', '-qO-'];
    expect((await run([...argv, 'http://192.168.77.11:8080/'])).stdout).toBe('from the pod\n');
    expect(await rulesOf(a)).not.toEqual([]);
  });

  test('removing it leaves no address, veth or rule behind', async () => {
    await a.podman('pod', 'rm', '--force', '--time', '0', 'web');
    expect(a.reserved()).toEqual([]);
    expect(await devicesOf(a)).toEqual([...untouched, 'cni0'].sort());
    expect(await rulesOf(a)).toEqual([]);
  });

  test('and another pod takes its place', async () => {
    await a.podman('pod', 'create', '--name', 'again', '--network', 'podlan');
    await a.start('again', 'four', '/bin/sleep', '1000');
    expect(a.reserved()).toEqual(['10.244.1.3']);
    expect(await pings(a, 'four', '10.244.2.2')).toContain(' 0% packet loss');
  });
});
