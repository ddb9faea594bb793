import {
  type InterfaceAddress,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  parseMacAddress,
} from '@podlan/wire';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { diff, type Link, MemoryKernel, type Row, rowKey, rowText, scopeOf } from '../src/model.js';

const macs = ['02:00:00:00:00:01', '02:00:00:00:00:02'].map((text) => parseMacAddress(text) as MacAddress);
const mac = fc.constantFrom(...macs);
const dev = fc.constantFrom('flannel.1', 'cni0', 'veth1');
const vtep = fc.constantFrom('192.168.77.12' as IpAddress, '192.168.77.13' as IpAddress);
const number = fc.constantFrom(1, 2);

const link: fc.Arbitrary<Row> = fc
  .record({
    kind: fc.constant('link' as const),
    name: dev,
    mac,
    mtu: fc.constantFrom(1400, 1450),
    up: fc.boolean(),
    details: fc.oneof(
      fc.record({
        type: fc.constant('vxlan' as const),
        vni: number,
        port: number,
        local: vtep,
        dev: fc.constant('eth0'),
        learning: fc.boolean(),
        gbp: fc.boolean(),
      }),
      fc.record({ type: fc.constantFrom('tap' as const, 'bridge' as const) }),
    ),
  })
  .map(({ details, ...base }) => ({ ...base, ...details }) as Link);

const row: fc.Arbitrary<Row> = fc.oneof(
  link,
  fc.record({
    kind: fc.constant('address' as const),
    dev,
    address: fc.constantFrom('10.244.1.0/32' as InterfaceAddress, '10.244.1.1/24' as InterfaceAddress),
  }),
  fc.record({ kind: fc.constant('neighbor' as const), dev, address: vtep, mac }),
  fc.record({ kind: fc.constant('fdb' as const), dev, mac, dst: vtep }),
  fc.record({
    kind: fc.constant('route' as const),
    prefix: fc.constantFrom('10.244.2.0/24' as IpPrefix, '10.244.3.0/24' as IpPrefix),
    dev: fc.oneof(dev, fc.constant('eth0')),
    via: vtep,
    protocol: fc.constant(80),
  }),
  fc.record({
    kind: fc.constant('chain' as const),
    name: fc.constantFrom('postrtg', 'forward'),
    type: fc.constant('filter' as const),
    hook: fc.constant('forward' as const),
    priority: number,
    rules: fc.array(fc.constant([{ accept: null }]), { maxLength: 2 }),
  }),
  fc.record({
    kind: fc.constant('forwarder' as const),
    type: fc.constant('vxlan' as const),
    dev,
    vni: number,
    local: vtep,
    port: number,
    mac,
    networks: fc.constant([]),
    subnets: fc.constant([]),
  }),
  fc.record({
    kind: fc.constant('tunnel' as const),
    dev,
    prefix: fc.constantFrom('10.244.2.0/24' as IpPrefix, '10.244.3.0/24' as IpPrefix),
    remote: vtep,
    port: number,
  }),
);

/** A state a kernel can be in: one row a key, no row without what it stands on. */
const state = fc.array(row, { maxLength: 24 }).map((rows) => {
  const unique = [...new Map(rows.map((one) => [rowKey(one), one])).values()];
  const links = new Set(unique.flatMap((one) => (one.kind === 'link' ? [one.name] : [])));
  const standing = unique.filter(
    (one) => !('dev' in one) || one.kind === 'link' || one.dev === 'eth0' || links.has(one.dev),
  );
  const forwarders = new Set(standing.flatMap((one) => (one.kind === 'forwarder' ? [one.dev] : [])));
  return standing.filter((one) => one.kind !== 'tunnel' || forwarders.has(one.dev));
});

const sorted = (rows: readonly Row[]): string[] => rows.map((one) => JSON.stringify(one)).sort();

test('the changes from any state to any other lead there, and then there are none', async () => {
  await fc.assert(
    fc.asyncProperty(state, state, async (before, after) => {
      const kernel = new MemoryKernel();
      expect(await kernel.apply(diff([], before))).toEqual([]);
      expect(await kernel.apply(diff(kernel.rows, after))).toEqual([]);
      expect(diff(kernel.rows, after)).toEqual([]);
      expect(sorted(kernel.rows)).toEqual(sorted(after));
    }),
    { numRuns: 500 },
  );
});

test('a state needs no change to become itself, in whatever order it is written', () => {
  fc.assert(
    fc.property(state, (rows) => {
      expect(diff(rows, rows.toReversed())).toEqual([]);
    }),
  );
});

const flannel1: Link = { kind: 'link', name: 'flannel.1', type: 'tap', mac: macs[0]!, mtu: 1450, up: true };
const neighbor: Row = {
  kind: 'neighbor',
  dev: 'flannel.1',
  address: '10.244.2.0' as IpAddress,
  mac: macs[1]!,
};
const route: Row = {
  kind: 'route',
  prefix: '10.244.2.0/24' as IpPrefix,
  dev: 'flannel.1',
  via: '10.244.2.0' as IpAddress,
  onlink: true,
  protocol: 80,
};

describe('the order', () => {
  test('a route comes after its neighbor and its link, and goes before them', () => {
    const rows = [route, neighbor, flannel1];
    expect(diff([], rows).map(({ row: one }) => one.kind)).toEqual(['link', 'neighbor', 'route']);
    expect(diff(rows, [flannel1]).map(({ row: one }) => one.kind)).toEqual(['route', 'neighbor']);
  });

  test('a link that must be made anew takes its rows along, and they are added again', () => {
    const changes = diff([flannel1, neighbor, route], [{ ...flannel1, type: 'bridge' }, neighbor, route]);
    expect(changes.map(({ op, row: one }) => `${op} ${one.kind}`)).toEqual([
      'delete link',
      'add link',
      'add neighbor',
      'add route',
    ]);
  });

  test('the ports of a bridge that is made anew are put back', () => {
    const bridge: Link = { kind: 'link', name: 'cni0', type: 'bridge', mtu: 1450, up: true };
    const port: Link = { kind: 'link', name: 'veth1', type: 'veth', mtu: 1450, up: true, master: 'cni0' };
    const actual: Row[] = [{ ...bridge, type: 'tap' }, port];
    expect(diff(actual, [port, bridge]).map(({ op, row: one }) => `${op} ${rowKey(one)}`)).toEqual([
      'delete link cni0',
      'add link cni0',
      'replace link veth1',
    ]);
  });

  test('of several routes under one key one stays', () => {
    const twin: Row = { ...route, dev: 'eth0' };
    expect(diff([twin, route, flannel1], [route, flannel1])).toEqual([{ op: 'delete', row: twin }]);
  });
});

test.each<[string, Row, Row]>([
  ['the protocol of a route', { ...route, protocol: 3 }, route],
  ['the metric a route has by default', { ...route, metric: 0 }, route],
  [
    'a MAC that is left open',
    flannel1,
    { kind: 'link', name: 'flannel.1', type: 'tap', mtu: 1450, up: true },
  ],
])('%s is not compared', (_, actual, desired) => {
  expect(diff([actual], [desired])).toEqual([]);
});

test('a scope holds the devices that are ours, not those our routes leave by', () => {
  const rows: Row[] = [
    flannel1,
    neighbor,
    { ...route, dev: 'eth0' },
    { kind: 'sysctl', key: 'net/a', value: '1' },
  ];
  expect(scopeOf(rows)).toEqual({ devices: ['flannel.1'], sysctls: ['net/a'], chains: false });
});

test('a row reads as its tool would be told', () => {
  expect([flannel1, neighbor, route].map(rowText)).toEqual([
    'link flannel.1 address 02:00:00:00:00:01 mtu 1450 up type tap vnet_hdr',
    'neigh 10.244.2.0 lladdr 02:00:00:00:00:02 dev flannel.1 nud permanent',
    'route 10.244.2.0/24 via 10.244.2.0 dev flannel.1 proto 80 onlink',
  ]);
});
