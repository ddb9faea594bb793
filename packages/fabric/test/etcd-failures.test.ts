/** etcd that is killed, cut off, silent, or without a leader: nothing that it confirmed is lost, and every watch gets over it. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { formatLeaseKey, formatLeaseValue } from '../src/index.js';
import { type EtcdLeaseStore, type EtcdStoreOptions, openEtcdStore } from '../src/stores/etcd/etcd.js';
import { testAttributes } from '../src/testing.js';
import { EtcdServer } from './etcd/etcd-server.js';
import { freePorts } from './etcd/free-ports.js';
import { Gateway } from './etcd/gateway.js';
import { BusyClient, Follower } from './etcd/load.js';
import { until } from './etcd/nodes.js';
import { Wire } from './etcd/wire.js';

const CONFIG = { Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } };
const CLIENTS = 5;
/** A call that a dying leader took along is repeated soon. */
const IMPATIENT = { requestTimeoutMs: 1000 };

let etcd: EtcdServer;
let stores: EtcdLeaseStore[];
let stop: AbortController;
let running: Promise<unknown>[];

beforeEach(() => {
  stores = [];
  running = [];
  stop = new AbortController();
});
afterEach(async () => {
  stop.abort();
  for (const store of stores) await store.close();
  await Promise.allSettled(running);
  await etcd.stop();
});

async function open(options: EtcdStoreOptions = {}): Promise<EtcdLeaseStore> {
  const store = await openEtcdStore({ endpoints: etcd.urls, config: CONFIG, ...options });
  stores.push(store);
  return store;
}

/** Clients at work and followers, until `disturb` is over and the clients have come to rest. */
async function underLoad(disturb: (clients: readonly BusyClient[]) => Promise<void>) {
  const working = new AbortController();
  const followers = [
    new Follower(await open(), stop.signal),
    new Follower(await open({ endpoints: [...etcd.urls].reverse() }), stop.signal),
  ];
  const clients: BusyClient[] = [];
  for (let host = 1; host <= CLIENTS; host++) clients.push(new BusyClient(await open(IMPATIENT), host));
  const done = clients.map((client) => client.run(working.signal));
  running.push(...done, ...followers.map((follower) => follower.done));
  await disturb(clients);
  working.abort();
  await Promise.all(done);
  return { followers, clients };
}

/** Waits until every client has brought about `count` more changes. */
async function progress(clients: readonly BusyClient[], count = 3): Promise<void> {
  const goals = clients.map(({ changes }) => changes + count);
  await until(() => clients.every(({ changes }, i) => changes >= goals[i]!));
}

async function expectNothingLost(
  { followers, clients }: Awaited<ReturnType<typeof underLoad>>,
  url: string,
): Promise<void> {
  const expected = clients.map(({ lease }) => [formatLeaseKey(lease!.subnets), formatLeaseValue(lease!)]);
  const stored = await new Gateway(url).list('/coreos.com/network/subnets/');
  const values = stored.map(({ key, value }) => [key.slice('/coreos.com/network/subnets/'.length), value]);
  expect(values.sort()).toEqual(expected.sort());
  for (const { values } of followers) {
    await until(() => JSON.stringify([...values].sort()) === JSON.stringify(expected));
  }
}

test('a server killed and started again under load loses nothing', async () => {
  etcd = await EtcdServer.start();
  const result = await underLoad(async (clients) => {
    for (let round = 0; round < 2; round++) {
      await progress(clients);
      await etcd.kill();
      await until(() => clients.every(({ failures }) => failures > round));
      await etcd.restart();
    }
    await progress(clients);
  });
  await expectNothingLost(result, etcd.url);
  for (const { lost } of result.followers) expect(lost).toBeGreaterThan(1);
});

test('a cluster of three that loses its leader under load loses nothing, and goes on with two', async () => {
  etcd = await EtcdServer.start({ members: 3 });
  let left = 0;
  const result = await underLoad(async (clients) => {
    await progress(clients);
    const leader = await etcd.leader();
    await etcd.kill(leader);
    left = (leader + 1) % 3;
    await progress(clients);
  });
  await expectNothingLost(result, etcd.urls[left]!);
});

test('a member without a leader ends its watches, as it hears of nothing any more', async () => {
  etcd = await EtcdServer.start({ members: 3 });
  const store = await open({ endpoints: [etcd.urls[2]!] });
  const watch = store.watch(stop.signal)[Symbol.asyncIterator]();
  await watch.next();
  const next = watch.next();
  const ended = expect(next).rejects.toMatchObject({ code: 'watch-lost' });
  await etcd.kill(0);
  await etcd.kill(1);
  await ended;
});

test('a store that is closed stays so', async () => {
  etcd = await EtcdServer.start();
  const store = await open();
  await store.close();
  store.reconnect();
  await expect(store.acquire({ attributes: testAttributes(1), previous: [] })).rejects.toThrow(/shut down/);
});

describe('a connection', () => {
  let wire: Wire;
  const liveWatch = async (options: EtcdStoreOptions = {}) => {
    etcd = await EtcdServer.start();
    wire = await Wire.to(etcd.url);
    const store = await open({ endpoints: [wire.url], ...options });
    const watch = store.watch(stop.signal)[Symbol.asyncIterator]();
    await watch.next();
    const next = watch.next();
    const other = await open();
    await other.acquire({ attributes: testAttributes(1), previous: [] });
    expect(await next).toMatchObject({ value: [{ type: 'put' }] });
    return { watch, store };
  };
  afterEach(() => wire.cut());

  test('that breaks ends the watch at once, and calls go on when it is back', async () => {
    const { watch, store } = await liveWatch();
    const ended = expect(watch.next()).rejects.toMatchObject({
      code: 'watch-lost',
      message: expect.stringMatching(/^watch ended: etcd at .*: expected an answer, found .*; check/),
    });
    await wire.cut();
    await ended;
    await expect(store.list()).rejects.toMatchObject({ code: 'unavailable' });
    await wire.mend();
    await until(() =>
      store
        .list()
        .then(({ length }) => length === 1)
        .catch(() => false),
    );
  });

  test('that falls silent ends the watch', async () => {
    const { watch } = await liveWatch({ keepAliveMs: 100 });
    const ended = expect(watch.next()).rejects.toMatchObject({ code: 'watch-lost' });
    wire.hold();
    await ended;
  });

  test('that falls silent fails calls in time', async () => {
    const { store } = await liveWatch({ requestTimeoutMs: 100 });
    wire.hold();
    await expect(store.list()).rejects.toMatchObject({ code: 'unavailable' });
  });
});

test('an endpoint where nobody is costs no call, whichever is first', async () => {
  etcd = await EtcdServer.start();
  const [port] = await freePorts(1);
  const dead = `http://127.0.0.1:${port}`;
  for (const endpoints of [
    [dead, etcd.url],
    [etcd.url, dead],
  ]) {
    const store = await open({ endpoints });
    const lease = await store.acquire({ attributes: testAttributes(1), previous: [] });
    expect(await store.renew(lease)).toMatchObject({ subnets: lease.subnets });
  }
});

test.each([
  ['not a url', 'http://HOST:PORT'],
  ['ftp://127.0.0.1:2379', 'http://HOST:PORT'],
])('the endpoint %s is refused', async (endpoint, expected) => {
  etcd = await EtcdServer.start();
  await expect(open({ endpoints: [endpoint] })).rejects.toMatchObject({
    code: 'bad-config',
    message: expect.stringContaining(expected),
  });
});
