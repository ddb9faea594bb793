/** Pairs and bridges whose other end goes down, and the routes and addresses that go with a device. */
import type { Link, Row } from '@podlan/linux/model';
import { rowKey, scopeOf } from '@podlan/linux/model';
import { expect, test } from 'vitest';
import { probe, SimKernel } from '../src/index.js';
import { ip, Links, net, on } from './links.js';

const base = { kind: 'link', mtu: 1500, up: true } as const;

/** A host with a pod behind a pair: 10.9.0.1 and fd00:9::1 here, .2 and ::2 there. */
async function paired() {
  const links = new Links();
  for (const name of ['host', 'pod']) links.netns(name);
  const [host, pod] = ['host', 'pod'].map((name) => new SimKernel(links.network, name)) as [
    SimKernel,
    SimKernel,
  ];
  const near: Link = { ...base, type: 'veth', name: 'veth1', peer: { name: 'eth0', netns: 'pod' } };
  const far: Link = { ...base, type: 'veth', name: 'eth0' };
  const addresses = (dev: string, n: number): Row[] =>
    [`10.9.0.${n}/24`, `fd00:9::${n}/64`].map((text) => ({ kind: 'address', dev, address: on(text) }));
  const add = (rows: Row[]) => rows.map((row) => ({ op: 'add' as const, row }));
  expect(await host.apply(add([near, ...addresses('veth1', 1)]))).toEqual([]);
  expect(await pod.apply(add([far, ...addresses('eth0', 2)]))).toEqual([]);
  const ping = (to: string) => probe(links.netns('host'), { destination: ip(to) });
  return { links, host, pod, near, far, ping };
}

test.each(['10.9.0.2', 'fd00:9::2'])('an end whose other one is down has no carrier: %s', async (to) => {
  const { links, pod, far, ping } = await paired();
  expect(ping(to).answered).toBe(true);
  await pod.apply([{ op: 'replace', row: { ...far, up: false } }]);
  expect(links.netns('host').device('veth1')!.carrier).toBe(false);
  expect(ping(to)).toMatchObject({ answered: false, lost: { device: 'veth1', reason: 'no-carrier' } });
});

test('a device that goes down keeps its IPv4 address alone, and no route', async () => {
  const { host, near } = await paired();
  const scope = scopeOf([near]);
  const routes: Row[] = [
    { kind: 'route', prefix: net('10.1.0.0/16'), via: ip('10.9.0.2'), dev: 'veth1' },
    { kind: 'route', prefix: net('fd00:1::/64'), via: ip('fd00:9::2'), dev: 'veth1' },
  ];
  await host.apply(routes.map((row) => ({ op: 'add', row })));
  expect((await host.snapshot(scope)).filter(({ kind }) => kind === 'route')).toHaveLength(2);
  await host.apply([{ op: 'replace', row: { ...near, up: false } }]);
  const keys = async () => (await host.snapshot(scope)).map(rowKey);
  expect(await keys()).toEqual(['link veth1', 'address veth1 10.9.0.1/24']);
  await host.apply([{ op: 'replace', row: near }]);
  expect(await keys()).toEqual(['link veth1', 'address veth1 10.9.0.1/24']);
});

test('with one end the other goes, and with a namespace all that is in it', async () => {
  const { links, host, near } = await paired();
  await host.apply([{ op: 'delete', row: near }]);
  expect(links.netns('pod').device('eth0')).toBeUndefined();
  const again = await paired();
  again.links.network.deleteNetns('pod');
  expect(again.links.netns('host').device('veth1')).toBeUndefined();
});
