/** Tables of a snapshot that hosts of podlan's own never have: what is simulated of them, and what is said of the rest. */
import { parseIpAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import { probe } from '../../dist/index.js';
import { loadSnapshots, type NodeSnapshot, parseSnapshot } from '../../dist/snapshot/index.js';
import { sample } from './sample.js';

type Namespace = NodeSnapshot['namespaces'][number];

/** The sample's host, with more in its tables. */
async function hostWith(change: (host: Namespace & Record<string, unknown>) => object) {
  const snapshot = sample();
  const namespaces = snapshot.namespaces.map((one) =>
    one.kind === 'host' ? { ...one, ...change(one as never) } : one,
  );
  const cluster = await loadSnapshots([parseSnapshot(JSON.stringify({ ...snapshot, namespaces }))]);
  return { ...cluster, netns: cluster.network.netns('host-a')! };
}

const ip = (text: string) => parseIpAddress(text)!;
const rule = (more: object) => ({ family: 'inet', priority: 5, ...more });
const blackhole = (table: string) => ({
  family: 'inet',
  type: 'blackhole',
  dst: 'default',
  table,
  flags: [],
});
const DESTINATION = { destination: ip('198.51.100.7') };

test.each([
  [{ uid_start: 1000, uid_end: 2000 }, /rule 5 is left out: .* users 1000 to 2000/],
  [{ l3mdev: null }, /rule 5 is left out: l3mdev/],
  [{ suppress_ifgroup: '7' }, /rule 5 is left out: suppress_ifgroup/],
])('a rule with %j is left out, which is said', async (selector, text) => {
  const { notes, netns } = await hostWith(({ rules }) => ({
    rules: [...rules, rule({ action: 'blackhole', ...selector })],
  }));
  expect(notes.join('\n')).toMatch(text);
  expect(netns.fib.rules(4).some(({ priority }) => priority === 5)).toBe(false);
});

test.each([
  [{ family: 'inet', dst: '198.51.100.0/24', tos: '0x10' }, '198.51.100.7'],
  [{ family: 'inet6', dst: '2001:db8:9::/48', from: '2001:db8:1::/64' }, '2001:db8:9::1'],
])('a route that asks for more than the destination swallows nothing: %j', async (route, address) => {
  const { notes, netns } = await hostWith(({ routes }) => ({
    routes: [...routes, { ...route, type: 'blackhole', flags: [] }],
  }));
  expect(notes.join('\n')).toMatch(/route .* is left out: (tos|from) is not simulated/);
  expect(netns.fib.lookup({ destination: ip(address) })?.route.type).not.toBe('blackhole');
});

test('a table with a name is looked in as one with a number', async () => {
  const { notes, netns } = await hostWith(({ rules, routes }) => ({
    rules: [...rules, rule({ table: 'vpn' })],
    routes: [...routes, blackhole('vpn'), { ...blackhole('other'), dst: '198.51.100.0/24' }],
  }));
  expect(netns.fib.lookup(DESTINATION)?.route).toMatchObject({ type: 'blackhole', prefix: '0.0.0.0/0' });
  expect(notes.join('\n')).toMatch(/routing table vpn is shown as table \d+/);
});

test.each([
  [0x80000001, 'blackhole'],
  [0x00000001, undefined],
])('a mark with its highest bit set is compared as it is: %i', async (mark, type) => {
  const { netns } = await hostWith(({ rules, routes }) => ({
    rules: [...rules, rule({ fwmark: '0x80000001', fwmask: '0x80000001', table: '77' })],
    routes: [...routes, blackhole('77')],
  }));
  const found = netns.fib.lookup({ ...DESTINATION, mark })?.route.type;
  expect(found === 'blackhole' ? found : undefined).toBe(type);
});

test.each([
  ['bridge', 'forward'],
  ['netdev', 'ingress'],
  ['inet', 'ingress'],
])('a chain of family %s at %s is named', async (family, hook) => {
  const { notes } = await hostWith(({ nftables }) => ({
    nftables: [
      ...nftables,
      { table: { family, name: 'frames' } },
      { chain: { family, table: 'frames', name: 'c', type: 'filter', hook, prio: 0, policy: 'drop' } },
    ],
  }));
  expect(notes.join('\n')).toContain(`chain c of table ${family} frames is left out`);
});

test.each([
  ['0.0.0.0', {}, true, false],
  ['::', {}, true, true],
  ['::', { v6only: true }, false, true],
  ['0.0.0.0', { dev: 'cni0' }, false, false],
])('who listens at %s with %j: IPv4 %s, IPv6 %s', async (local, more, v4, v6) => {
  const { netns } = await hostWith(({ routes }) => ({
    routes: [...routes, { family: 'inet6', type: 'local', dst: '::1', dev: 'lo', table: 'local', flags: [] }],
    sockets: [{ protocol: 'tcp', local, port: 7777, ...more }],
  }));
  const hasSocket = (destination: string) =>
    probe(netns, {
      ...{ destination: ip(destination), source: ip(destination) },
      ...{ protocol: 'tcp', destinationPort: 7777 },
    }).hops.some(({ row }) => row?.text.endsWith(':7777 LISTEN'));
  expect([hasSocket('127.0.0.1'), hasSocket('::1')]).toEqual([v4, v6]);
});

test('of several next hops the first is taken, and the devices of the others are known', async () => {
  const nexthops = ['eth0', 'cni0'].map((dev) => ({ gateway: '192.168.77.1', dev, weight: 1, flags: [] }));
  const { netns } = await hostWith(({ routes }) => ({
    routes: [...routes, { family: 'inet', dst: '198.51.100.0/24', flags: [], nexthops }],
  }));
  expect(netns.fib.lookup(DESTINATION)?.route).toMatchObject({ dev: 'eth0', otherDevs: ['cni0'] });
});
