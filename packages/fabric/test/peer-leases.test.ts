/** Peers' leases are not trusted: what is refused, what stays, and that no other peer notices. */
import { parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lease, LeaseAttributes } from '../src/index.js';
import { testAttributes } from '../src/testing.js';
import { Cluster, find, type TestNode, texts } from './cluster.js';

let cluster: Cluster;
let a: TestNode;
beforeEach(async () => {
  cluster = new Cluster();
  a = await cluster.start(1);
  await cluster.start(2);
});
afterEach(() => cluster.stop());

const mac = (host: number) => `02:00:00:00:01:${String(host).padStart(2, '0')}`;
const attributes = (host: number, data?: object): LeaseAttributes => ({
  backendType: 'vxlan',
  endpoints: [
    { publicIp: parseIpAddress(`192.168.1.${host}`)!, data: data ?? { VNI: 1, VtepMAC: mac(host) } },
  ],
});
const lease = (subnet: string, ...given: Parameters<typeof attributes>): Lease => ({
  subnets: [parseIpPrefix(subnet)!],
  attributes: attributes(...given),
});

async function put(...leases: Lease[]): Promise<void> {
  for (const one of leases) cluster.store.put(one);
  await cluster.clock.advance(1000);
}

async function remove(subnet: string): Promise<void> {
  cluster.store.delete({ subnets: [parseIpPrefix(subnet)!] });
  await cluster.clock.advance(1000);
}

const routes = (node = a) =>
  find(node.kernel, 'route')
    .map(({ prefix }) => prefix)
    .sort();
const peer = (subnet: string, node = a) =>
  node.running.state().peers.find(({ subnets }) => subnets[0] === subnet);
const refused = (node = a) => node.log.filter((line) => line.includes('is refused'));

describe('a lease that is refused', () => {
  test.each<[string, Lease]>([
    ['its subnet 10.244.1.128/25 overlaps ours', lease('10.244.1.128/25', 9)],
    ['its subnet 10.0.0.0/8 overlaps ours', lease('10.0.0.0/8', 9)],
    ['its subnet 172.20.0.0/24 is not inside 10.244.0.0/16', lease('172.20.0.0/24', 9)],
    ['its subnet 10.244.2.64/26 overlaps 10.244.2.0/24 of 10.244.2.0-24', lease('10.244.2.64/26', 9)],
    ['its public address 192.168.1.1 is ours', lease('10.244.9.0/24', 1)],
    ['its VtepMAC 02:00:00:00:00:01 is ours', lease('10.244.9.0/24', 9, { VtepMAC: '02:00:00:00:00:01' })],
    ['not a unicast MAC address', lease('10.244.9.0/24', 9, { VtepMAC: '01:00:5e:00:00:01' })],
    ['not a unicast MAC address', lease('10.244.9.0/24', 9, { VtepMAC: '00:00:00:00:00:00' })],
    ['not a unicast MAC address', lease('10.244.9.0/24', 9, { VtepMAC: 'ff:ff:ff:ff:ff:ff' })],
    ['not a unicast MAC address', lease('10.244.9.0/24', 9, { VtepMAC: 'zz' })],
  ])('as %s: one line, one count, and no other peer notices', async (reason, bad) => {
    const before = texts(a.kernel);
    await put(bad);
    await put(bad, lease('10.244.20.0/24', 20));
    await put(bad);
    expect(refused()).toHaveLength(1);
    expect(refused()[0]).toContain(reason);
    expect(a.running.state().counters).toMatchObject({ leasesRefused: 1, driftRepaired: 0 });
    expect(peer(bad.subnets[0]!)).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining(reason),
    });
    expect(routes()).toEqual(['10.244.2.0/24', '10.244.20.0/24']);
    await remove('10.244.20.0/24');
    expect(texts(a.kernel)).toEqual(before);
  });

  test('for another reason than before is told again', async () => {
    await put(lease('10.244.9.0/24', 9, { VtepMAC: 'zz' }));
    await put(lease('10.244.9.0/24', 1));
    expect(a.running.state().counters.leasesRefused).toBe(2);
  });
});

describe('of two peers with one address', () => {
  test('the first stays, and the other comes in when it leaves', async () => {
    await put(lease('10.244.9.0/24', 9));
    await put(lease('10.244.8.0/22', 8));
    expect(routes()).toEqual(['10.244.2.0/24', '10.244.9.0/24']);
    await put(lease('10.244.9.0/24', 19));
    expect(routes()).toEqual(['10.244.2.0/24', '10.244.9.0/24']);
    await remove('10.244.9.0/24');
    expect(routes()).toEqual(['10.244.2.0/24', '10.244.8.0/22']);
    expect(peer('10.244.8.0/22')).toMatchObject({ status: 'programmed' });
  });

  test('every start decides alike: those cut like ours first, then the narrower', async () => {
    const leases = [
      lease('10.244.0.0/20', 5),
      lease('10.244.9.128/25', 6),
      lease('10.244.9.0/24', 7),
      lease('10.244.16.0/22', 8),
      lease('10.244.16.0/23', 9),
    ];
    const orders = [leases, leases.toReversed()];
    for (const [i, order] of orders.entries()) {
      for (const one of order) cluster.store.put(one);
      const late = await cluster.start(3 + i);
      const theirs = leases.map(({ subnets }) => subnets[0]!);
      expect(routes(late).filter((prefix) => theirs.includes(prefix))).toEqual([
        '10.244.16.0/23',
        '10.244.9.0/24',
      ]);
      for (const { subnets } of leases) cluster.store.delete({ subnets });
      await cluster.clock.advance(1000);
    }
  });

  test('no subnet may hold the endpoint of another, whoever comes first', async () => {
    const inside: Lease = {
      subnets: [parseIpPrefix('10.244.30.0/24')!],
      attributes: {
        ...attributes(9),
        endpoints: [{ ...attributes(9).endpoints[0]!, publicIp: parseIpAddress('10.244.40.1')! }],
      },
    };
    await put(inside, lease('10.244.40.0/24', 8));
    expect(peer('10.244.40.0/24')?.reason).toBe(
      'its subnet 10.244.40.0/24 holds 10.244.40.1, the address of 10.244.30.0-24',
    );
    await remove('10.244.30.0/24');
    expect(peer('10.244.40.0/24')).toMatchObject({ status: 'programmed' });
    await put(inside);
    expect(peer('10.244.30.0/24')?.reason).toBe(
      'its public address 10.244.40.1 lies in 10.244.40.0/24 of 10.244.40.0-24',
    );
  });

  test('a node may have two leases', async () => {
    await put(lease('10.244.8.0/24', 9), lease('10.244.9.0/24', 9));
    expect(routes()).toEqual(['10.244.2.0/24', '10.244.8.0/24', '10.244.9.0/24']);
    expect(a.running.state().peers.map(({ status }) => status)).toEqual(Array(3).fill('programmed'));
    await remove('10.244.8.0/24');
    expect(find(a.kernel, 'fdb').map(({ dst }) => dst)).toEqual(['192.168.1.2', '192.168.1.9']);
  });
});

describe('a peer that was good', () => {
  test.each<[string, LeaseAttributes]>([
    ['no MAC', attributes(9, { VtepMAC: 'zz' })],
    ['our address', attributes(1)],
  ])('and has %s now keeps the rows it had, until it is gone', async (_, bad) => {
    await put(lease('10.244.9.0/24', 9));
    const before = texts(a.kernel);
    await put({ ...lease('10.244.9.0/24', 9), attributes: bad });
    expect(texts(a.kernel)).toEqual(before);
    expect(peer('10.244.9.0/24')).toMatchObject({
      status: 'refused',
      reason: expect.stringMatching(/; what it said before stays$/),
    });
    await remove('10.244.9.0/24');
    expect(routes()).toEqual(['10.244.2.0/24']);
  });

  test('and is bad when an agent starts has no rows there', async () => {
    await put(lease('10.244.9.0/24', 9));
    await put(lease('10.244.9.0/24', 9, { VtepMAC: 'zz' }));
    await a.stop();
    const again = await cluster.start(1, { kernel: a.kernel });
    expect(routes(again)).toEqual(['10.244.2.0/24']);
  });

  test('and is another backend’s now has none', async () => {
    await put(lease('10.244.9.0/24', 9));
    await put({ ...lease('10.244.9.0/24', 9), attributes: { ...testAttributes(9), backendType: 'host-gw' } });
    expect(routes()).toEqual(['10.244.2.0/24']);
  });

  test('and bad in between is as it says when it is good again', async () => {
    await put(lease('10.244.9.0/24', 9));
    await put(lease('10.244.9.0/24', 9, { VtepMAC: 'zz' }));
    await put(lease('10.244.9.0/24', 10));
    expect(find(a.kernel, 'fdb').map(({ dst, mac }) => [dst, mac])).toContainEqual(['192.168.1.10', mac(10)]);
    expect(peer('10.244.9.0/24')).toMatchObject({ status: 'programmed' });
  });
});

test('a reservation whose node is away is no peer, and no fault', async () => {
  const publicIps = [parseIpAddress('192.168.1.9')!];
  await cluster.store.reserve([parseIpPrefix('10.244.9.0/24')!], publicIps);
  await cluster.clock.advance(1000);
  expect(a.running.state()).toMatchObject({
    peers: [{ key: '10.244.2.0-24' }],
    counters: { leasesRefused: 0 },
  });
  await put(lease('10.244.9.0/24', 9));
  expect(routes()).toEqual(['10.244.2.0/24', '10.244.9.0/24']);
});
