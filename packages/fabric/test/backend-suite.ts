/**
 * Every backend, in every family, on a kernel: one node, and peers that are leases in its store. The suite of all kernels,
 * those of other packages too.
 */
import type { Route, Row } from '@podlan/linux/model';
import { type IpPrefix, parseIpAddress } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Lease } from '../src/index.js';
import { type Case, NodeBench, ON_LINK } from './node-bench.js';
import type { Place } from './places.js';

const IPV4 = { Network: '10.244.0.0/16' };
const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const IPV6_ONLY = { ...IPV6, EnableIPv4: false };
export const CASES: Case[] = [
  {
    name: 'vxlan, both families',
    network: { ...IPV4, ...IPV6 },
    backend: { Type: 'vxlan', VNI: 7, MTU: 1400, Learning: true, MacPrefix: '0E-2A' },
  },
  { name: 'vxlan, IPv6 only', network: IPV6_ONLY, backend: { Type: 'vxlan', GBP: true, Port: 4789 } },
  { name: 'vxlan by wasm', network: { ...IPV4, ...IPV6 }, backend: { Type: 'vxlan' }, dataplane: 'wasm' },
  {
    name: 'vxlan with direct routes',
    network: { ...IPV4, ...IPV6 },
    backend: { Type: 'vxlan', DirectRouting: true },
  },
  { name: 'host-gw, both families', network: { ...IPV4, ...IPV6 }, backend: { Type: 'host-gw' } },
  { name: 'host-gw, IPv6 only', network: IPV6_ONLY, backend: { Type: 'host-gw' } },
  { name: 'udp', network: IPV4, backend: { Type: 'udp' }, dataplane: 'wasm', reach: 'tunnel' },
];

/** `passes`: how often time may pass before the node has to have done what it should. */
export function testBackends(name: string, makePlace: () => Promise<Place>, passes: number): void {
  describe(`on the kernel ${name}`, () => {
    testCases(makePlace, passes);
    testDirectRoutes(makePlace, passes);
  });
}

function testCases(makePlace: () => Promise<Place>, passes: number): void {
  describe.each(CASES)('$name', (given) => {
    let place: Place;
    let bench: NodeBench;
    beforeAll(async () => {
      place = await makePlace();
      bench = new NodeBench(given, place, passes);
    });
    afterAll(async () => {
      await bench?.stop();
      await place?.dispose();
    });

    test('a node has its rows, and those of peers that come', async () => {
      bench.put(bench.peer(2));
      bench.start();
      await bench.settled(bench.peer(2));
      bench.put(bench.peer(3));
      const rows = await bench.settled(bench.peer(2), bench.peer(3));
      const reaching = rows.filter(({ kind }) => kind === (given.reach ?? 'route'));
      expect(reaching).toHaveLength(2 * bench.peer(2).subnets.length);
    });

    test('a peer whose MAC or address alone changes is followed, and nothing old stays', async () => {
      const changed = bench.peer(3, { mac: '02:00:00:00:77:03' });
      const inOneFamily = withLastEndpoint(bench.peer(3), changed);
      for (const lease of [inOneFamily, changed]) {
        bench.put(lease);
        await bench.settled(bench.peer(2), lease);
      }
      const moved = bench.peer(3, { at: 9, mac: '02:00:00:00:77:03' });
      bench.put(moved);
      await bench.settled(bench.peer(2), moved);
    });

    test('what others take away is put back: every row of the peers, then every device', async () => {
      const moved = bench.peer(3, { at: 9, mac: '02:00:00:00:77:03' });
      const rows = await bench.settled(bench.peer(2), moved);
      const ofPeers = rows.filter(({ kind }) => ['neighbor', 'fdb', 'tunnel', 'route'].includes(kind));
      await bench.by('delete', ofPeers.toReversed());
      await bench.settled(bench.peer(2), moved);
      const links = rows.filter(({ kind }) => kind === 'link');
      await bench.by('delete', links);
      await bench.settled(bench.peer(2), moved);
      expect(bench.state.counters.driftRepaired).toBeGreaterThanOrEqual(ofPeers.length + links.length);
    });

    test('a wrong route in the place of a peer’s is replaced', async () => {
      const moved = bench.peer(3, { at: 9, mac: '02:00:00:00:77:03' });
      const rows = await bench.settled(bench.peer(2), moved);
      const routes = rows.filter((row): row is Route => row.kind === 'route');
      const wrong = routes.map(
        ({ onlink: _, protocol: __, ...route }): Route => ({
          ...route,
          dev: 'eth0',
          via: parseIpAddress(route.prefix.includes(':') ? 'fd00:77::66' : '192.168.1.66')!,
        }),
      );
      await bench.by('replace', wrong);
      await bench.settled(bench.peer(2), moved);
    });

    test('a peer that leaves takes all its rows along', async () => {
      bench.remove(bench.peer(3));
      await bench.settled(bench.peer(2));
    });

    test('what is stale when it starts is removed: peers that left, and routes that nobody leases', async () => {
      bench.put(bench.peer(4));
      await bench.settled(bench.peer(2), bench.peer(4));
      await bench.stop();
      bench.remove(bench.peer(4));
      bench.put(bench.peer(5));
      await bench.by('add', staleRoutes(bench.peer(6).subnets));
      bench.start();
      await bench.settled(bench.peer(2), bench.peer(5));
    });

    test('cleanup leaves none of its rows', async () => {
      await bench.stop();
      expect(await bench.cleanup()).toMatchObject({ failures: [], left: [] });
    });
  });
}

/** In both families IPv6 alone is changed. */
function withLastEndpoint(lease: Lease, { attributes }: Lease): Lease {
  const endpoints = [...lease.attributes.endpoints.slice(0, -1), attributes.endpoints.at(-1)!];
  return { ...lease, attributes: { ...lease.attributes, endpoints } };
}

const staleRoutes = (subnets: readonly IpPrefix[]): Row[] =>
  subnets.map((prefix): Row => {
    const via = parseIpAddress(prefix.includes(':') ? 'fd00:77::66' : '192.168.1.66')!;
    return { kind: 'route', prefix, via, dev: 'eth0', protocol: 80 };
  });

function testDirectRoutes(makePlace: () => Promise<Place>, passes: number): void {
  test.each(['kernel', 'wasm'] as const)(
    'peers that are on link no more are reached by tunnels, and directly when they are again: %s',
    async (dataplane) => {
      const place = await makePlace();
      const given = CASES.find(({ name }) => name === 'vxlan with direct routes')!;
      const bench = new NodeBench({ ...given, dataplane }, place, passes);
      const direct = (rows: readonly Row[]) =>
        rows.filter((row) => row.kind === 'route' && row.dev === 'eth0').length;
      try {
        bench.put(bench.peer(2));
        bench.start();
        expect(direct(await bench.settled(bench.peer(2)))).toBe(2);
        bench.rehost(['192.168.1.0/24']);
        expect(direct(await bench.settled(bench.peer(2)))).toBe(1);
        bench.rehost([]);
        expect(direct(await bench.settled(bench.peer(2)))).toBe(0);
        bench.rehost(ON_LINK);
        expect(direct(await bench.settled(bench.peer(2)))).toBe(2);
        expect(bench.state.failures).toEqual([]);
      } finally {
        await bench.stop();
        await place.dispose();
      }
    },
  );
}
