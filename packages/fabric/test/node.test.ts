import { MemoryKernel, type Row } from '@podlan/linux/model';
import { parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  cleanup,
  LeaseError,
  type LeaseEvent,
  type LeaseStore,
  masqueradeChain,
  parseNetworkConfig,
  type ReconcileReport,
} from '../src/index.js';
import { testAttributes } from '../src/testing.js';
import { Cluster, find, texts } from './cluster.js';

let cluster: Cluster;
beforeEach(() => {
  cluster = new Cluster();
});
afterEach(() => cluster.stop());

const prefix = (text: string) => parseIpPrefix(text)!;
const routes = (kernel: MemoryKernel) => find(kernel, 'route').map((route) => route.prefix);

describe('a node that joins', () => {
  test('makes its device and takes the lowest subnet', async () => {
    const { kernel, running } = await cluster.start(1);
    expect(texts(kernel)).toEqual([
      'address 10.244.1.0/32 dev flannel.1',
      'link flannel.1 address 02:00:00:00:00:01 mtu 1450 up type vxlan id 1 dev eth0 local 192.168.1.1 dstport 8472 nolearning',
    ]);
    expect(running.state()).toMatchObject({ ready: true, lease: { subnets: ['10.244.1.0/24'] }, peers: [] });
  });

  test.each(['kernel', 'wasm'] as const)(
    'is programmed by all others, on the %s dataplane',
    async (dataplane) => {
      const a = await cluster.start(1, { dataplane });
      const b = await cluster.start(2, { dataplane });
      const c = await cluster.start(3, { dataplane });
      expect(routes(a.kernel)).toEqual(['10.244.2.0/24', '10.244.3.0/24']);
      expect(routes(b.kernel)).toEqual(['10.244.1.0/24', '10.244.3.0/24']);
      expect(routes(c.kernel)).toEqual(['10.244.1.0/24', '10.244.2.0/24']);
      expect(find(a.kernel, dataplane === 'wasm' ? 'tunnel' : 'fdb')).toHaveLength(2);
      expect(a.running.state().peers.map(({ status }) => status)).toEqual(['programmed', 'programmed']);
    },
  );

  test('costs its peers their one set of rows, in order, and no full comparison first', async () => {
    const a = await cluster.start(1);
    a.kernel.applied.length = 0;
    await cluster.start(2);
    expect(a.kernel.applied.map(({ op, row }) => `${op} ${row.kind}`)).toEqual([
      'add neighbor',
      'add fdb',
      'add route',
    ]);
  });

  test('gets the subnet of an earlier run again, and its MAC', async () => {
    const first = await cluster.start(1, { previous: [prefix('10.244.77.0/24')] });
    await first.stop();
    const again = await cluster.start(1, { kernel: first.kernel, mac: '02:99:00:00:00:01' });
    expect(again.running.state().lease?.subnets).toEqual(['10.244.77.0/24']);
    expect(find(again.kernel, 'link')[0]?.mac).toBe('02:00:00:00:00:01');
    expect(again.running.state()).toMatchObject({ notices: [], counters: { changesApplied: 0 } });
  });

  test('gets another one where that was given away meanwhile, and says so', async () => {
    const previous = [prefix('10.244.1.0/24')];
    await cluster.start(2);
    const late = await cluster.start(1, { previous });
    const told = expect.stringMatching(/changed from 10.244.1.0\/24 to 10.244.2.0\/24: pods/);
    expect(late.running.state().notices).toEqual([told]);
    expect(late.log).toContainEqual(told);
  });

  test('says nothing where a second network was added to that', async () => {
    const networks = { Network: '10.244.0.0/16', EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
    cluster = new Cluster(parseNetworkConfig({ ...networks, Backend: { Type: 'vxlan' } }));
    const node = await cluster.start(1, { previous: [prefix('10.244.1.0/24')] });
    expect(node.running.state().lease?.subnets).toHaveLength(2);
    expect(node.running.state().notices).toEqual([]);
  });

  test('ends with a clear error where no subnet is left', async () => {
    cluster = new Cluster(
      parseNetworkConfig({ Network: '10.0.0.0/28', SubnetLen: 30, Backend: { Type: 'vxlan' } }),
    );
    for (const host of [1, 2, 3]) await cluster.start(host);
    const fourth = await cluster.start(4);
    await expect(fourth.running.finished).rejects.toMatchObject({ code: 'out-of-subnets' });
    expect(fourth.kernel.rows).toEqual([]);
  });
});

describe('a peer that leaves', () => {
  test('leaves nothing behind', async () => {
    const a = await cluster.start(1);
    const before = texts(a.kernel);
    const b = await cluster.start(2);
    await b.stop();
    await cluster.store.release(b.running.state().lease!);
    await cluster.clock.advance(10);
    expect(texts(a.kernel)).toEqual(before);
  });

  test('while the agent was down is gone at its start', async () => {
    const a = await cluster.start(1);
    const b = await cluster.start(2);
    await a.stop();
    await b.stop();
    expect(routes(a.kernel)).toEqual(['10.244.2.0/24']);
    await cluster.store.release(b.running.state().lease!);
    const again = await cluster.start(1, { kernel: a.kernel });
    expect(routes(again.kernel)).toEqual([]);
    expect(find(again.kernel, 'fdb')).toEqual([]);
  });

  test('by expiry is gone', async () => {
    const a = await cluster.start(1);
    const b = await cluster.start(2);
    await b.stop();
    await cluster.clock.advance(3_600_000);
    expect(routes(a.kernel)).toEqual([]);
    expect(a.running.state().counters.leasesRenewed).toBeGreaterThan(0);
  });
});

describe('drift', () => {
  const kinds = ['link', 'address', 'neighbor', 'fdb', 'route'] as const;
  test.each(kinds)('of a deleted %s is repaired within a second', async (kind) => {
    const a = await cluster.start(1);
    await cluster.start(2);
    const before = texts(a.kernel);
    a.kernel.remove(find(a.kernel, kind)[0] as Row);
    expect(texts(a.kernel)).not.toEqual(before);
    await cluster.clock.advance(900);
    expect(texts(a.kernel)).toEqual(before);
    expect(a.running.state().counters.driftRepaired).toBeGreaterThan(0);
  });

  test('is told with each comparison, by kind, once it is put right', async () => {
    const reports: ReconcileReport[] = [];
    const a = await cluster.start(1, { onReconcile: (report) => reports.push(report) });
    await cluster.start(2);
    expect(reports.map(({ repaired }) => repaired)).toEqual(reports.map(() => ({})));
    for (const kind of ['neighbor', 'route'] as const) a.kernel.remove(find(a.kernel, kind)[0] as Row);
    await cluster.clock.advance(900);
    const repaired = reports.map((report) => report.repaired).filter((one) => Object.keys(one).length > 0);
    expect(repaired).toEqual([{ neighbor: 1, route: 1 }]);
    expect(reports.length).toBe(a.running.state().counters.reconciles);
    expect(reports.every(({ tookMs, error }) => tookMs >= 0 && error === undefined)).toBe(true);
  });

  test('of a route that somebody changed or added is repaired', async () => {
    const a = await cluster.start(1);
    await cluster.start(2);
    const before = texts(a.kernel);
    const [route] = find(a.kernel, 'route');
    a.kernel.put({ ...route!, onlink: false });
    a.kernel.put({ ...route!, prefix: prefix('10.250.0.0/24') });
    await cluster.clock.advance(900);
    expect(texts(a.kernel)).toEqual(before);
  });

  test('of a sysctl, which tells nobody, is repaired at the next resync', async () => {
    const sysctl = { kind: 'sysctl', key: 'net/ipv4/ip_forward', value: '1' } as const;
    const a = await cluster.start(1, { hostRows: () => [sysctl], resyncMs: 5_000 });
    a.kernel.put({ ...sysctl, value: '0' });
    await cluster.clock.advance(5_000);
    expect(find(a.kernel, 'sysctl')).toEqual([sysctl]);
  });

  test('of flushed chains is repaired', async () => {
    const networks = [prefix('10.244.0.0/16')];
    const hostRows = ({ subnets }: { subnets: readonly ReturnType<typeof prefix>[] }) => [
      masqueradeChain({ networks, subnets }),
    ];
    const a = await cluster.start(1, { hostRows });
    a.kernel.remove(find(a.kernel, 'chain')[0]!);
    await cluster.clock.advance(900);
    expect(find(a.kernel, 'chain')).toHaveLength(1);
  });

  test('does not make the node chase its own changes', async () => {
    const a = await cluster.start(1);
    await cluster.start(2);
    const { reconciles } = a.running.state().counters;
    await cluster.clock.advance(25_000);
    expect(a.running.state().counters.reconciles).toBeLessThanOrEqual(reconciles + 1);
  });

  test('is looked at only a few times a second, however often the kernel calls', async () => {
    const a = await cluster.start(1);
    const { reconciles } = a.running.state().counters;
    for (let call = 0; call < 100; call++) {
      a.kernel.wake('route');
      await cluster.clock.advance(10);
    }
    expect(a.running.state().counters.reconciles - reconciles).toBeLessThanOrEqual(5);
  });
});

describe('a peer whose lease changes', () => {
  test('in its MAC alone leaves no old FDB entry', async () => {
    const a = await cluster.start(1);
    const b = await cluster.start(2);
    const { lease } = b.running.state();
    await b.stop();
    cluster.store.put({ ...lease!, attributes: testAttributes(2, '02:00:00:00:00:77') });
    await cluster.clock.advance(10);
    expect(find(a.kernel, 'fdb').map(({ mac }) => mac)).toEqual(['02:00:00:00:00:77']);
    expect(find(a.kernel, 'neighbor').map(({ mac }) => mac)).toEqual(['02:00:00:00:00:77']);
  });

  test('behind its back is put right again by the peer itself', async () => {
    const a = await cluster.start(1);
    const { lease } = (await cluster.start(2)).running.state();
    cluster.store.put({ ...lease!, attributes: testAttributes(2, '02:00:00:00:00:77') });
    await cluster.clock.advance(1000);
    expect(find(a.kernel, 'fdb').map(({ mac }) => mac)).toEqual(['02:00:00:00:00:02']);
  });

  test.each([
    ['no data', undefined],
    ['a text', 'garbage'],
    ['no MAC', { VNI: 1 }],
    ['a MAC that is none', { VNI: 1, VtepMAC: '; rm -rf /' }],
    ['a multicast MAC', { VNI: 1, VtepMAC: '01:00:5e:00:00:01' }],
    ['zero MAC', { VNI: 1, VtepMAC: '00:00:00:00:00:00' }],
  ])('to %s is refused, says so, and others stay', async (_case, data) => {
    const a = await cluster.start(1);
    await cluster.start(2);
    const [endpoint] = testAttributes(9).endpoints;
    cluster.store.put({
      subnets: [prefix('10.244.9.0/24')],
      attributes: { backendType: 'vxlan', endpoints: [{ publicIp: endpoint!.publicIp, data }] },
    });
    await cluster.clock.advance(10);
    expect(routes(a.kernel)).toEqual(['10.244.2.0/24']);
    const state = a.running.state().peers.find(({ key }) => key === '10.244.9.0-24');
    expect(state).toMatchObject({
      status: 'refused',
      reason: expect.stringContaining('expected backend data'),
    });
  });

  test.each(['10.244.1.0/25', '10.244.0.0/16', '0.0.0.0/0', '192.168.1.0/24'])(
    'to subnet %s never takes our rows',
    async (subnet) => {
      const a = await cluster.start(1);
      const before = texts(a.kernel);
      cluster.store.put({ subnets: [prefix(subnet)], attributes: testAttributes(9) });
      await cluster.clock.advance(1000);
      expect(texts(a.kernel)).toEqual(before);
      expect(a.running.state().peers[0]?.status).toBe('refused');
    },
  );

  test('to a MAC that another peer has does not take that one away', async () => {
    const a = await cluster.start(1);
    await cluster.start(2);
    cluster.store.put({
      subnets: [prefix('10.244.9.0/24')],
      attributes: testAttributes(9, '02:00:00:00:00:02'),
    });
    await cluster.clock.advance(1000);
    expect(find(a.kernel, 'fdb')).toMatchObject([{ dst: '192.168.1.2' }]);
    expect(a.running.state().peers[1]).toMatchObject({ status: 'failed' });
    cluster.store.delete({ subnets: [prefix('10.244.9.0/24')] });
    await cluster.clock.advance(10);
    expect(find(a.kernel, 'fdb')).toMatchObject([{ dst: '192.168.1.2' }]);
  });
});

describe('a change that fails', () => {
  const peer = (host: number) => ({
    subnets: [prefix(`10.244.${host}.0/24`)],
    attributes: testAttributes(host, `02:00:00:00:01:0${host}`),
  });

  test('is tried again for its peer alone, with growing pauses', async () => {
    const a = await cluster.start(1, { resyncMs: 3_600_000 });
    const row = a.backend.peerState(a.running.state().lease!, peer(5))[2]!;
    a.kernel.refuse(row, new Error('Network is unreachable'));
    cluster.store.put(peer(5));
    cluster.store.put(peer(6));
    await cluster.clock.advance(10);
    expect(routes(a.kernel)).toEqual(['10.244.6.0/24']);
    expect(a.running.state().failures).toMatchObject([
      {
        owner: '10.244.5.0-24',
        message: 'Network is unreachable',
        change: expect.stringContaining('add route'),
      },
    ]);
    a.kernel.applied.length = 0;
    await cluster.clock.advance(10_000);
    const tried = a.kernel.applied.length;
    expect(tried).toBeGreaterThan(3);
    expect(tried).toBeLessThan(10);
    expect(a.kernel.applied.every(({ row: one }) => JSON.stringify(one) === JSON.stringify(row))).toBe(true);
    a.kernel.refuse(row);
    await cluster.clock.advance(30_000);
    expect(routes(a.kernel)).toContain('10.244.5.0/24');
    expect(a.running.state().failures).toEqual([]);
  });

  test('is tried again at once when a link or an address changes', async () => {
    const a = await cluster.start(1, { resyncMs: 3_600_000 });
    const row = a.backend.peerState(a.running.state().lease!, peer(5))[2]!;
    a.kernel.refuse(row, new Error('Network is unreachable'));
    cluster.store.put(peer(5));
    await cluster.clock.advance(120_000);
    a.kernel.refuse(row);
    a.kernel.wake('address');
    await cluster.clock.advance(1000);
    expect(routes(a.kernel)).toEqual(['10.244.5.0/24']);
  });

  test('of a deletion is tried again', async () => {
    const a = await cluster.start(1, { resyncMs: 3_600_000 });
    cluster.store.put(peer(5));
    await cluster.clock.advance(10);
    const [route] = find(a.kernel, 'route');
    a.kernel.refuse(route!, new Error('Device or resource busy'));
    cluster.store.delete(peer(5));
    await cluster.clock.advance(300);
    expect(routes(a.kernel)).toEqual(['10.244.5.0/24']);
    a.kernel.refuse(route!);
    await cluster.clock.advance(30_000);
    expect(routes(a.kernel)).toEqual([]);
  });

  test('of the host is told and tried again', async () => {
    const kernel = new MemoryKernel();
    const link = { kind: 'link', name: 'flannel.1' } as Row;
    kernel.refuse(link, new Error('Operation not permitted'));
    const a = await cluster.start(1, { kernel });
    expect(a.running.state()).toMatchObject({ ready: false, failures: [{ owner: 'host' }, {}] });
    kernel.refuse(link);
    await cluster.clock.advance(30_000);
    expect(a.running.state()).toMatchObject({ ready: true, failures: [] });
  });
});

/** A store that can be taken away. */
class Outage implements LeaseStore {
  readonly #store: LeaseStore;
  #stop = new AbortController();
  out = false;
  constructor(store: LeaseStore) {
    this.#store = store;
  }
  begin() {
    this.out = true;
    this.#stop.abort();
    this.#stop = new AbortController();
  }
  #check() {
    if (this.out) throw new LeaseError('unavailable', 'the store is away');
  }
  async acquire(...args: Parameters<LeaseStore['acquire']>) {
    this.#check();
    return this.#store.acquire(...args);
  }
  async renew(...args: Parameters<LeaseStore['renew']>) {
    this.#check();
    return this.#store.renew(...args);
  }
  async release(...args: Parameters<LeaseStore['release']>) {
    this.#check();
    return this.#store.release(...args);
  }
  async *watch(signal: AbortSignal): AsyncGenerator<readonly LeaseEvent[]> {
    this.#check();
    yield* this.#store.watch(AbortSignal.any([signal, this.#stop.signal]));
    if (this.out) throw new LeaseError('watch-lost', 'the store is away');
  }
  close() {
    return this.#store.close();
  }
}

describe('a store', () => {
  test('that is away tears nothing down, and what happened meanwhile is seen after', async () => {
    const store = new Outage(cluster.store);
    const a = await cluster.start(1, { store });
    const b = await cluster.start(2);
    const before = texts(a.kernel);
    store.begin();
    await cluster.clock.advance(60_000);
    expect(texts(a.kernel)).toEqual(before);
    expect(a.running.state().store).toEqual({ watching: false, error: 'the store is away' });
    await b.stop();
    await cluster.store.release(b.running.state().lease!);
    await cluster.start(3, { previous: [prefix('10.244.33.0/24')] });
    store.out = false;
    await cluster.clock.advance(10_000);
    expect(routes(a.kernel)).toEqual(['10.244.33.0/24']);
    expect(a.running.state().store).toEqual({ watching: true });
  });

  test('that is away past the end of the lease gets the same subnet again', async () => {
    const store = new Outage(cluster.store);
    const a = await cluster.start(1, { store });
    store.begin();
    await cluster.clock.advance(2 * 3_600_000);
    expect(find(a.kernel, 'link')).toHaveLength(1);
    store.out = false;
    await cluster.clock.advance(60_000);
    expect(await cluster.store.list()).toMatchObject([{ subnets: ['10.244.1.0/24'] }]);
    expect(a.running.state().notices).toEqual([]);
  });

  test('that is away when a lease is to be renewed is asked again as soon as it is there', async () => {
    const store = new Outage(cluster.store);
    const a = await cluster.start(1, { store });
    store.begin();
    // Renewal is due after half an hour, and then tried ever more rarely.
    await cluster.clock.advance(1_910_000);
    store.out = false;
    await cluster.clock.advance(6_000);
    expect(a.running.state().counters).toMatchObject({ leasesAcquired: 1, leasesRenewed: 1 });
    expect(a.running.state().store).toEqual({ watching: true });
  });

  test('that is away at start is waited for', async () => {
    const store = new Outage(cluster.store);
    store.begin();
    const a = await cluster.start(1, { store });
    expect(a.kernel.rows).toEqual([]);
    store.out = false;
    await cluster.clock.advance(10_000);
    expect(a.running.state().ready).toBe(true);
  });

  test('whose entry of ours is deleted gets it again, with the same subnet', async () => {
    const a = await cluster.start(1);
    const before = texts(a.kernel);
    cluster.store.delete(a.running.state().lease!);
    await cluster.clock.advance(1000);
    expect(await cluster.store.list()).toMatchObject([{ subnets: ['10.244.1.0/24'] }]);
    expect(texts(a.kernel)).toEqual(before);
  });

  test('that gave our subnet to another makes us move, and says so', async () => {
    const a = await cluster.start(1);
    cluster.store.put({
      subnets: [prefix('10.244.1.0/24')],
      attributes: testAttributes(9, '02:00:00:00:00:09'),
    });
    await cluster.clock.advance(2000);
    expect(a.running.state().lease?.subnets).toEqual(['10.244.2.0/24']);
    expect(routes(a.kernel)).toEqual(['10.244.1.0/24']);
    expect(find(a.kernel, 'address').map(({ address }) => address)).toEqual(['10.244.2.0/32']);
    expect(a.running.state().notices[0]).toMatch(/changed from 10.244.1.0\/24 to 10.244.2.0\/24: pods/);
  });

  test('does not turn into a race when two nodes have one public address', async () => {
    const a = await cluster.start(1);
    await cluster.start(1, { mac: '02:00:00:00:00:0a' });
    await cluster.clock.advance(600_000);
    expect(a.running.state().counters.leasesAcquired).toBeLessThan(50);
  });
});

describe('cleanup', () => {
  test.each(['kernel', 'wasm'] as const)(
    'removes all rows and releases the lease (%s)',
    async (dataplane) => {
      const a = await cluster.start(1, { dataplane });
      await cluster.start(2);
      await a.stop();
      const { kernel, backend } = a;
      const result = await cleanup({ kernel, backend, store: cluster.store });
      expect(result).toMatchObject({ failures: [], released: { subnets: ['10.244.1.0/24'] } });
      expect(kernel.rows).toEqual([]);
      expect(await cluster.store.list()).toHaveLength(1);
    },
  );

  test('removes the rows though the store is away', async () => {
    const a = await cluster.start(1);
    await a.stop();
    const store = new Outage(cluster.store);
    store.begin();
    const result = await cleanup({ kernel: a.kernel, backend: a.backend, store });
    expect(result.storeError?.message).toBe('the store is away');
    expect(a.kernel.rows).toEqual([]);
  });
});

test('stopping leaves rows and lease as they are', async () => {
  const a = await cluster.start(1);
  await cluster.start(2);
  const before = texts(a.kernel);
  await a.stop();
  expect(texts(a.kernel)).toEqual(before);
  expect(await cluster.store.list()).toHaveLength(2);
});

test('dual stack makes two devices and one MTU that fits both', async () => {
  const config = {
    Network: '10.244.0.0/16',
    EnableIPv6: true,
    IPv6Network: 'fd00:244::/48',
    Backend: { Type: 'vxlan' },
  };
  cluster = new Cluster(parseNetworkConfig(config));
  const a = await cluster.start(1);
  await cluster.start(2);
  expect(find(a.kernel, 'link').map(({ name, mtu }) => [name, mtu])).toEqual([
    ['flannel.1', 1430],
    ['flannel-v6.1', 1430],
  ]);
  expect(find(a.kernel, 'route')).toMatchObject([
    { prefix: '10.244.2.0/24', dev: 'flannel.1' },
    { prefix: 'fd00:244:0:2::/64', via: 'fd00:244:0:2::', dev: 'flannel-v6.1', metric: 1024, onlink: true },
  ]);
  expect(find(a.kernel, 'sysctl')).toMatchObject([
    { key: 'net/ipv6/conf/flannel-v6.1/accept_ra', value: '0' },
  ]);
  expect(parseMacAddress('02:00:00:00:00:01')).toBe(find(a.kernel, 'link')[0]?.mac);
});
