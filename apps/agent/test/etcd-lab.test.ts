/** A lab whose leases are in etcd, which the lab starts itself; and what `podlan leases` makes of them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { processesIn } from '../dist/lab/topology.js';
import { eventually, isAlive, MAIN, podlan, run, TestLab } from './test-lab.js';

let lab: TestLab;
beforeAll(async () => {
  lab = await TestLab.start({ store: 'etcd' }, 'wasm', 'kernel');
});
afterAll(() => lab[Symbol.asyncDispose]());

const ETCD = ['--store', 'etcd', '--etcd-endpoints', 'http://192.168.77.1:2379'];
const underlay = () => `${lab.name}-underlay`;

function leases(...args: string[]) {
  return run('ip', 'netns', 'exec', underlay(), process.execPath, MAIN, 'leases', ...args);
}
const listed = async () =>
  JSON.parse((await leases(...ETCD, '--json')).stdout) as {
    subnets: string[];
    publicIps: string[];
    reserved: boolean;
    expiresAtMs?: number;
  }[];
const talk = (from: string, to: string) =>
  eventually(
    () => lab.reaches(from, to),
    (yes) => yes,
    10_000,
  );

test('status names its URL, and the namespace it is reached from', async () => {
  expect(await lab.status()).toMatchObject({
    store: 'etcd',
    etcd: 'http://192.168.77.1:2379',
    underlay: underlay(),
  });
});

test('a host that joins and one that leaves are seen by all', async () => {
  await lab.join('wasm');
  await talk('pod-c1', 'pod-a1');
  await talk('pod-b1', 'pod-c1');
  expect(await listed()).toHaveLength(3);
  await lab.leave('host-c');
  for (const host of ['host-a', 'host-b'])
    await eventually(
      async () => (await lab.agent(host)).peers.length,
      (peers) => peers === 1,
    );
  expect(await listed()).toHaveLength(2);
});

test('an agent killed and started again has the same subnet and MAC', async () => {
  const before = (await lab.agent('host-a')).lease!;
  await lab.kill('host-a', 'SIGKILL');
  const { lease } = await lab.restart('host-a');
  expect([lease?.subnets, lease?.attributes]).toEqual([before.subnets, before.attributes]);
  await talk('pod-a1', 'pod-b1');
});

describe('podlan leases', () => {
  test('lists who holds what, for people and as JSON', async () => {
    const { code, stdout } = await leases(...ETCD);
    expect(code).toBe(0);
    expect(stdout).toMatch(/10\.244\.1\.0\/24 +192\.168\.77\.11 +vxlan +20\d\d-/);
    expect(await listed()).toMatchObject([
      { subnets: ['10.244.1.0/24'], publicIps: ['192.168.77.11'], reserved: false },
      { subnets: ['10.244.2.0/24'], publicIps: ['192.168.77.12'], reserved: false },
    ]);
  });

  test('a lease revoked under a node that runs is taken anew, with the same subnet', async () => {
    const { counters } = await lab.agent('host-b');
    expect((await leases('revoke', '10.244.2.0/24', ...ETCD)).stdout).toBe('10.244.2.0/24 is revoked\n');
    const { lease } = await eventually(
      () => lab.agent('host-b'),
      (status) => status.counters.leasesAcquired > counters.leasesAcquired,
    );
    expect(lease?.subnets).toEqual(['10.244.2.0/24']);
    await talk('pod-a1', 'pod-b1');
  });

  test('a reserved subnet is the one that its node gets, and stays reserved', async () => {
    const reserved = await leases('reserve', '10.244.77.0/24', '--public-ip', '192.168.77.14', ...ETCD);
    expect(reserved.stdout).toBe('10.244.77.0/24 is reserved for 192.168.77.14\n');
    const { status } = await lab.join('kernel');
    expect(status.lease?.subnets).toEqual(['10.244.77.0/24']);
    expect(await listed()).toContainEqual(
      expect.objectContaining({ subnets: ['10.244.77.0/24'], reserved: true }),
    );
    await lab.leave('host-d');
  });

  test('what can not be done is told', async () => {
    const taken = await leases('reserve', '10.244.1.0/24', '--public-ip', '192.168.77.99', ...ETCD);
    expect([taken.code, taken.stderr]).toEqual([1, expect.stringContaining('expected it free')]);
    const none = await leases('revoke', '10.244.99.0/24', ...ETCD);
    expect([none.code, none.stderr]).toEqual([1, expect.stringContaining('expected a lease of exactly')]);
    const nobody = await leases('reserve', '10.244.99.0/24', ...ETCD);
    expect([nobody.code, nobody.stderr]).toEqual([1, expect.stringContaining('give --public-ip')]);
  });
});

test('without etcd a lab with it is refused, and told how to install it', async () => {
  const script = `PATH=/nowhere exec ${process.execPath} ${MAIN} lab --name ${lab.name}-x up --store etcd`;
  const hidden = `mount -t tmpfs tmpfs /usr/local/bin; mount --bind /dev/null "$(command -v etcd)"; ${script}`;
  const { code, stderr } = await run('unshare', '--mount', '--', 'sh', '-c', hidden);
  expect(code).toBe(1);
  expect(stderr).toContain('apt-get install etcd-server');
});

test('down ends etcd, though its agents and its state are lost', async () => {
  const pids = await processesIn(underlay());
  expect(pids.length).toBeGreaterThan(0);
  await run('rm', (await lab.status()).directory.concat('/lab.json'));
  expect((await podlan('lab', '--name', lab.name, 'down')).code).toBe(0);
  expect(pids.filter(isAlive)).toEqual([]);
});
