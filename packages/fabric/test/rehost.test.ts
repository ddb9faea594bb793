/** A node whose own addresses, MTU or interface change while it runs. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Lease, type LeaseRequest, type LeaseStore, parseNetworkConfig } from '../src/index.js';
import { Cluster, find } from './cluster.js';

/** Dual stack: a node is known by the address that did not change. */
const CONFIG = parseNetworkConfig({
  Network: '10.244.0.0/16',
  EnableIPv6: true,
  IPv6Network: 'fd00:244::/48',
  Backend: { Type: 'vxlan' },
});
const MOVED = ['192.168.1.201', 'fd00:77::1'];

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster(CONFIG);
});
afterEach(() => cluster.stop());

describe.each(['kernel', 'wasm'] as const)('a node that is rehosted, on the %s dataplane', (dataplane) => {
  const start = async () => {
    const a = await cluster.start(1, { dataplane });
    const b = await cluster.start(2, { dataplane });
    return { a, b, before: a.running.state().lease! };
  };
  const moved = () => cluster.backend(1, { dataplane, mac: '02:99:00:00:00:01', publicIps: MOVED });

  test('keeps subnets and MAC, and has its device made anew', async () => {
    const { a, before } = await start();
    a.running.rehost(moved());
    await cluster.clock.advance(1000);
    const { lease, ready, notices } = a.running.state();
    expect({ ready, notices, subnets: lease?.subnets }).toEqual({
      ready: true,
      notices: [],
      subnets: before.subnets,
    });
    expect(lease?.attributes.endpoints[0]).toEqual({
      publicIp: MOVED[0],
      data: before.attributes.endpoints[0]?.data,
    });
    const ends = dataplane === 'kernel' ? find(a.kernel, 'link') : find(a.kernel, 'forwarder');
    expect(ends.map((row) => 'local' in row && row.local).sort()).toEqual(MOVED);
    expect(find(a.kernel, 'route')).toHaveLength(2);
    expect(find(a.kernel, dataplane === 'kernel' ? 'fdb' : 'tunnel')).toHaveLength(2);
  });

  test('is followed by its peers, who keep nothing of the old address', async () => {
    const { a, b } = await start();
    a.running.rehost(moved());
    await cluster.clock.advance(1000);
    const ends =
      dataplane === 'kernel'
        ? find(b.kernel, 'fdb').map(({ dst }) => dst)
        : find(b.kernel, 'tunnel').map(({ remote }) => remote);
    expect(ends).toEqual(MOVED);
    expect(b.running.state().peers).toMatchObject([{ publicIps: MOVED, status: 'programmed' }]);
  });

  test('takes the MTU of its interface over', async () => {
    const { a } = await start();
    a.running.rehost(cluster.backend(1, { dataplane, underlayMtu: 1400 }));
    await cluster.clock.advance(1000);
    expect(a.running.state()).toMatchObject({ ready: true, mtu: 1330 });
    expect(find(a.kernel, 'link').map(({ mtu }) => mtu)).toEqual([1330, 1330]);
  });

  test('publishes once, and renews in its time after that', async () => {
    const { a } = await start();
    a.running.rehost(moved());
    await cluster.clock.advance(60_000);
    expect(a.running.state().counters).toMatchObject({ leasesAcquired: 1, leasesRenewed: 1 });
    expect(a.running.state().lease?.expiresAtMs).toBeGreaterThan(cluster.clock.nowMs() + 3_000_000);
  });
});

test.each([
  ['though no address is the same', () => {}],
  ['though its lease is gone, too', (lease: Lease) => cluster.store.delete(lease)],
])(
  'a loop that goes on with what an earlier one held keeps subnets and MAC, %s',
  async (_case, meanwhile) => {
    const store = cluster.store.client();
    const a = await cluster.start(1, { store });
    const held = a.running.state().lease!;
    await a.stop();
    await cluster.start(2);
    meanwhile(held);
    const publicIps = ['192.168.1.201', 'fd00:77::201'];
    const again = await cluster.start(1, {
      store,
      held,
      publicIps,
      mac: '02:99:00:00:00:01',
      kernel: a.kernel,
    });
    const { lease, notices } = again.running.state();
    expect(lease?.subnets).toEqual(held.subnets);
    const data = held.attributes.endpoints.map((endpoint) => endpoint.data);
    expect(lease?.attributes.endpoints).toEqual(
      publicIps.map((publicIp, i) => ({ publicIp, data: data[i] })),
    );
    expect(notices).toEqual([]);
    expect(await cluster.store.list()).toHaveLength(2);
  },
);

test('a node rehosted while it asks for its first lease publishes what it has become', async () => {
  let resolve = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  const slow = new Proxy(cluster.store, {
    get: (store: LeaseStore, key: Exclude<keyof LeaseStore, 'entriesIgnored'>) =>
      key === 'acquire'
        ? async (request: LeaseRequest) => promise.then(() => store.acquire(request))
        : store[key]?.bind(store),
  });
  const a = await cluster.start(1, { store: slow });
  a.running.rehost(cluster.backend(1, { publicIps: MOVED }));
  resolve();
  await cluster.clock.advance(1000);
  const published = (await cluster.store.list()).map(({ attributes }) => attributes.endpoints[0]?.publicIp);
  expect(published).toEqual([MOVED[0]]);
  expect(find(a.kernel, 'link').map((link) => 'local' in link && link.local)).toEqual(MOVED);
});
