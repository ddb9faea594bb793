/** What flannel nodes find in etcd, and what is made of what they write: FLANNEL's layout, byte for byte. */
import { parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  createBackend,
  type Lease,
  type LeaseAttributes,
  type LeaseEvent,
  parseNetworkConfig,
} from '../src/index.js';
import { type EtcdLeaseStore, type EtcdStoreOptions, openEtcdStore } from '../src/stores/etcd/etcd.js';
import { EtcdServer } from './etcd/etcd-server.js';
import { Gateway, type StoredKey } from './etcd/gateway.js';
import { until } from './etcd/nodes.js';

const PREFIX = '/coreos.com/network';
const IPV4 = { Network: '10.244.0.0/16' };
const DUAL = { ...IPV4, EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const VXLAN = { Backend: { Type: 'vxlan' } };

let etcd: EtcdServer;
let gateway: Gateway;
let stores: EtcdLeaseStore[];

beforeAll(async () => {
  etcd = await EtcdServer.start();
  gateway = new Gateway(etcd.url);
});
afterAll(() => etcd.stop());
beforeEach(() => {
  stores = [];
});
afterEach(async () => {
  for (const store of stores) await store.close();
  for (const { key } of await gateway.list(PREFIX)) await gateway.delete(key);
});

async function open(options: EtcdStoreOptions = {}): Promise<EtcdLeaseStore> {
  const store = await openEtcdStore({ endpoints: [etcd.url], ...options });
  stores.push(store);
  return store;
}

function attributesOf(config: object): LeaseAttributes {
  const macs = ['3a:a6:bc:cb:d8:d4', 'd6:4f:bc:cb:d8:d4'];
  const backend = createBackend({
    config: parseNetworkConfig(config),
    node: {
      publicIps: [parseIpAddress('192.168.77.12')!, parseIpAddress('fd00:77::12')!],
      externalInterface: { name: 'eth0', mtu: 1500 },
    },
    dataplane: 'kernel',
    randomMac: () => parseMacAddress(macs.shift()!)!,
  });
  return backend.leaseAttributes(undefined);
}

const DATA = '{"VNI":1,"VtepMAC":"3a:a6:bc:cb:d8:d4"}';
const DATA_V6 = '{"VNI":1,"VtepMAC":"d6:4f:bc:cb:d8:d4"}';

describe('a lease is written as flannel writes it', () => {
  test.each([
    [
      'vxlan',
      { ...IPV4, ...VXLAN },
      '10.244.1.0-24',
      `{"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"vxlan","BackendData":${DATA}}`,
    ],
    [
      'vxlan in both families',
      { ...DUAL, ...VXLAN },
      '10.244.1.0-24&fd00:244:0:1::-64',
      `{"PublicIP":"192.168.77.12","PublicIPv6":"fd00:77::12","BackendType":"vxlan","BackendData":${DATA},"BackendV6Data":${DATA_V6}}`,
    ],
    [
      'host-gw',
      { ...IPV4, Backend: { Type: 'host-gw' } },
      '10.244.1.0-24',
      '{"PublicIP":"192.168.77.12","PublicIPv6":null,"BackendType":"host-gw"}',
    ],
  ])('%s', async (_name, config, key, value) => {
    const store = await open({ config });
    await store.acquire({ attributes: attributesOf(config), previous: [] });
    const [stored, ...others] = await gateway.list(`${PREFIX}/subnets`);
    expect(others).toEqual([]);
    expect(stored).toMatchObject({ key: `${PREFIX}/subnets/${key}`, value });
    expect((await gateway.timeToLive(stored!.lease!)).grantedTTL).toBe('86400');
  });

  test('udp, which flannel gives no BackendType', async () => {
    const store = await open({ config: { ...IPV4, ...VXLAN } });
    const attributes = { backendType: '', endpoints: [{ publicIp: parseIpAddress('192.168.77.12')! }] };
    await store.acquire({ attributes, previous: [] });
    const [stored] = await gateway.list(`${PREFIX}/subnets`);
    expect(stored?.value).toBe('{"PublicIP":"192.168.77.12","PublicIPv6":null}');
  });
});

test.each([
  [
    'both families',
    '10.244.10.0-24&fd00:244:0:4b::-64',
    `{"PublicIP":"192.168.77.12","PublicIPv6":"fd00:77::12","BackendType":"vxlan","BackendData":${DATA},"BackendV6Data":${DATA_V6}}`,
    ['10.244.10.0/24', 'fd00:244:0:4b::/64'],
    'vxlan',
    [
      { publicIp: '192.168.77.12', data: JSON.parse(DATA) },
      { publicIp: 'fd00:77::12', data: JSON.parse(DATA_V6) },
    ],
  ],
  [
    'host-gw, an absent PublicIPv6 and an unknown field',
    '10.244.25.0-24',
    '{"BackendType":"host-gw","Later":[1],"PublicIP":"192.168.77.12"}',
    ['10.244.25.0/24'],
    'host-gw',
    [{ publicIp: '192.168.77.12' }],
  ],
  [
    'udp, without BackendType',
    '10.244.25.0-24',
    '{"PublicIP":"192.168.77.12","PublicIPv6":null}',
    ['10.244.25.0/24'],
    '',
    [{ publicIp: '192.168.77.12' }],
  ],
])("a flannel node's lease is read: %s", async (_name, key, value, subnets, backendType, endpoints) => {
  const store = await open({ config: { ...DUAL, ...VXLAN } });
  await gateway.put(`${PREFIX}/subnets/${key}`, value, await gateway.grant(86_400));
  expect(await store.list()).toEqual([
    { subnets, attributes: { backendType, endpoints }, expiresAtMs: expect.any(Number) },
  ]);
});

test('renewal puts the same key under a new etcd lease, and ends the old one', async () => {
  const config = { ...IPV4, ...VXLAN };
  const store = await open({ config });
  const lease = await store.acquire({ attributes: attributesOf(config), previous: [] });
  const [before] = await gateway.list(`${PREFIX}/subnets`);
  const renewed = await store.renew(lease);
  const [after, ...others] = await gateway.list(`${PREFIX}/subnets`);
  expect(others).toEqual([]);
  expect({ ...after, lease: '' }).toEqual({ ...before, lease: '' });
  expect(renewed.expiresAtMs).toBeGreaterThanOrEqual(lease.expiresAtMs!);
  expect(await gateway.leases()).toContain(after?.lease);
  expect(await gateway.leases()).not.toContain(before?.lease);
});

test('an etcd lease that holds other keys is left alone', async () => {
  const shared = await gateway.grant(86_400);
  await gateway.put(`${PREFIX}/subnets/10.244.9.0-24`, '{"PublicIP":"192.168.77.12"}', shared);
  await gateway.put('/somebody/else', 'x', shared);
  const store = await open({ config: { ...IPV4, ...VXLAN } });
  const lease = await store.acquire({ attributes: attributesOf({ ...IPV4, ...VXLAN }), previous: [] });
  expect(lease.subnets).toEqual([parseIpPrefix('10.244.9.0/24')]);
  expect(await gateway.list('/somebody/else')).toHaveLength(1);
  await gateway.delete('/somebody/else');
});

test('released and replaced leases leave neither key nor etcd lease behind', async () => {
  const before = await gateway.leases();
  const config = { ...IPV4, ...VXLAN };
  const store = await open({ config });
  const attributes = attributesOf(config);
  for (let restart = 0; restart < 3; restart++) await store.acquire({ attributes, previous: [] });
  await store.release(await store.acquire({ attributes, previous: [] }));
  expect(await gateway.list(`${PREFIX}/subnets`)).toEqual([]);
  expect(await gateway.leases()).toEqual(before);
});

test('a node asks etcd a few times to join and to renew, and not at all in between', async () => {
  const config = { ...IPV4, ...VXLAN };
  await open({ config });
  const count = async (work: () => Promise<unknown>) => {
    const before = await gateway.calls();
    await work();
    const after = await gateway.calls();
    return Object.fromEntries(
      Object.entries(after).flatMap(([method, calls]) => {
        const more = calls - (before[method] ?? 0);
        return more === 0 ? [] : [[method, more]];
      }),
    );
  };
  const stop = new AbortController();
  let watch: AsyncIterator<readonly LeaseEvent[]>;
  let store: EtcdLeaseStore;
  let lease: Lease;
  const join = async () => {
    store = await open();
    watch = store.watch(stop.signal)[Symbol.asyncIterator]();
    await watch.next();
    lease = await store.acquire({ attributes: attributesOf(config), previous: [] });
    await watch.next();
  };
  expect(await count(join)).toEqual({ Range: 3, Watch: 1, LeaseGrant: 1, Txn: 1 });
  expect(await count(() => store.renew(lease))).toEqual({
    Range: 1,
    LeaseGrant: 1,
    Txn: 1,
    LeaseTimeToLive: 1,
    LeaseRevoke: 1,
  });
  // The changes of others cost nothing.
  await watch!.next();
  const told = async () => {
    await gateway.put(`${PREFIX}/subnets/10.244.9.0-24`, '{"PublicIP":"192.168.77.13"}');
    await watch.next();
  };
  expect(await count(told)).toEqual({ Put: 1 });
  stop.abort();
});

describe('the network configuration', () => {
  const key = `${PREFIX}/config`;
  const text = JSON.stringify({ ...IPV4, ...VXLAN });
  const values = async () => (await gateway.list(key)).map(({ value }: StoredKey) => value);

  test('is written as it was given where there is none, and found by those who give none', async () => {
    await open({ config: text });
    expect(await values()).toEqual([text]);
    expect((await open()).config).toEqual(parseNetworkConfig(text));
  });

  test('is waited for where it is missing or invalid, which is said', async () => {
    const warnings: string[] = [];
    const opening = open({ onWarning: (message) => warnings.push(message) });
    await until(() => warnings.length === 1);
    await gateway.put(key, '{"Network": "10.244.0.0/33"}');
    await until(() => warnings.length === 2);
    await gateway.put(key, text);
    expect((await opening).config.networks[0]?.network).toBe('10.244.0.0/16');
    const end = 'trying again every second';
    expect(warnings[0]).toMatch(/lease store etcd: etcd key .*config: expected a network config, found none/);
    expect(warnings[1]).toContain('please define a correct Network parameter in the flannel config');
    for (const warning of warnings) expect(warning).toContain(end);
  });

  test('is waited for until the caller gives up', async () => {
    const abort = new AbortController();
    const opening = open({ onWarning: () => abort.abort(), signal: abort.signal });
    await expect(opening).rejects.toMatchObject({ code: 'bad-config' });
  });

  test('is refused where another is in etcd, and where it is none', async () => {
    await open({ config: text });
    const other = open({ config: { Network: '10.99.0.0/16', ...VXLAN } });
    await expect(other).rejects.toMatchObject({ code: 'bad-config', message: expect.stringContaining(key) });
    await expect(open({ config: '{}' })).rejects.toMatchObject({ code: 'bad-config' });
    expect(await values()).toEqual([text]);
  });

  test('is that of the prefix asked for', async () => {
    await open({ prefix: '/other/', config: text });
    expect((await gateway.list('/other')).map((stored) => stored.key)).toEqual(['/other/config']);
    await gateway.delete('/other/config');
  });
});
