/** Every backend, in every family, on every kernel: one node, and peers that are leases in its store. */
import { type Change, diff, type Kernel, type Route, type Row, rowText, scopeOf } from '@podlan/linux/model';
import { type IpPrefix, parseIpAddress, parseIpPrefix, parseMacAddress } from '@podlan/wire';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  cleanup,
  createBackend,
  type Dataplane,
  type Lease,
  MemoryLeaseStore,
  parseNetworkConfig,
  type RunningNode,
  runNode,
} from '../src/index.js';
import { linuxPlace, memoryPlace, type Place } from './places.js';

const IPV4 = { Network: '10.244.0.0/16' };
const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };
const IPV6_ONLY = { ...IPV6, EnableIPv4: false };
const ON_LINK = ['192.168.1.0/24', 'fd00:77::/64'];
/** Passes of time; on the clock of the kernel in memory 50 ms each. */
const PASSES = { memory: 20, linux: 600 };

interface Case {
  readonly name: string;
  readonly network: object;
  readonly backend: object;
  readonly dataplane?: Dataplane;
}

const CASES: Case[] = [
  { name: 'vxlan, both families', network: { ...IPV4, ...IPV6 }, backend: { Type: 'vxlan', Learning: true } },
  { name: 'vxlan, IPv6 only', network: IPV6_ONLY, backend: { Type: 'vxlan', GBP: true, Port: 4789 } },
  { name: 'vxlan by wasm', network: { ...IPV4, ...IPV6 }, backend: { Type: 'vxlan' }, dataplane: 'wasm' },
  {
    name: 'vxlan with direct routes',
    network: { ...IPV4, ...IPV6 },
    backend: { Type: 'vxlan', DirectRouting: true },
  },
  { name: 'host-gw, both families', network: { ...IPV4, ...IPV6 }, backend: { Type: 'host-gw' } },
  { name: 'host-gw, IPv6 only', network: IPV6_ONLY, backend: { Type: 'host-gw' } },
];

/** The node under test, and what should be where it runs. */
class Bench {
  readonly #case: Case;
  readonly #place: Place;
  readonly #passes: number;
  readonly #store: MemoryLeaseStore;
  #node: { running: RunningNode; stop: AbortController } | undefined;
  #onLink = ON_LINK;

  constructor(given: Case, place: Place, passes: number) {
    this.#case = given;
    this.#place = place;
    this.#passes = passes;
    this.#store = new MemoryLeaseStore({ config: this.#config(), clock: place.clock });
  }

  get kernel(): Kernel {
    return this.#place.kernel;
  }

  get state() {
    return this.#node!.running.state();
  }

  #config() {
    return parseNetworkConfig({ ...this.#case.network, Backend: this.#case.backend });
  }

  backend(host: number, mac = `02:00:00:00:00:0${host}`) {
    const publicIps = [`192.168.1.${host}`, `fd00:77::${host}`].map((text) => parseIpAddress(text)!);
    const onLink = this.#onLink.map((text) => parseIpPrefix(text)!);
    return createBackend({
      config: this.#config(),
      node: { publicIps, externalInterface: { name: 'eth0', mtu: 1500 }, onLink },
      dataplane: this.#case.dataplane ?? 'kernel',
      randomMac: () => parseMacAddress(mac)!,
    });
  }

  /** Peer `host`, by default at its own address and with its own MAC. */
  peer(host: number, { at = host, mac }: { at?: number; mac?: string } = {}): Lease {
    const all = [`10.244.${host}.0/24`, `fd00:244:0:${host}::/64`].map((text) => parseIpPrefix(text)!);
    const families = this.#config().networks.map(({ network }) => network.includes(':'));
    const subnets = all.filter((subnet) => families.includes(subnet.includes(':')));
    return { subnets, attributes: this.backend(at, mac).leaseAttributes(undefined) };
  }

  put(...leases: Lease[]): void {
    for (const lease of leases) this.#store.put(lease);
  }

  remove(lease: Lease): void {
    this.#store.delete(lease);
  }

  start(): void {
    const stop = new AbortController();
    const { kernel, clock } = this.#place;
    const options = { kernel, clock, store: this.#store, backend: this.backend(1), signal: stop.signal };
    this.#node = { stop, running: runNode(options) };
  }

  rehost(onLink: string[]): void {
    this.#onLink = onLink;
    this.#node!.running.rehost(this.backend(1));
  }

  async stop(): Promise<void> {
    this.#node?.stop.abort();
    await this.#node?.running.finished;
    this.#node = undefined;
  }

  async until(good: () => boolean | Promise<boolean>, seen: () => unknown): Promise<void> {
    for (let pass = 0; pass < this.#passes; pass++) {
      if (await good()) return;
      await this.#place.pass();
    }
    expect.fail(JSON.stringify(await seen(), null, 1));
  }

  /** Waits for exactly the host's rows and those of `peers`, and returns them. */
  async settled(...peers: Lease[]): Promise<Row[]> {
    await this.until(
      () => this.#node?.running.state().ready === true,
      () => this.state,
    );
    const own = this.state.lease!;
    const backend = this.backend(1);
    const rows = [...backend.hostState(own), ...peers.flatMap((peer) => backend.peerState(own, peer))];
    let left: Change[] = [];
    await this.until(
      async () => {
        left = diff(await this.kernel.snapshot(scopeOf([...backend.hostState(own)])), rows);
        return left.length === 0;
      },
      () => ({ left: left.map(({ op, row }) => `${op} ${rowText(row)}`), state: this.state }),
    );
    return rows;
  }

  /** With another's hand. */
  async by(op: Change['op'], rows: readonly Row[]): Promise<void> {
    expect(await this.kernel.apply(rows.map((row) => ({ op, row })))).toEqual([]);
  }

  async cleanup() {
    const result = await cleanup({ kernel: this.kernel, store: this.#store, backend: this.backend(1) });
    return { ...result, left: await this.kernel.snapshot(scopeOf(this.backend(1).hostState(this.peer(1)))) };
  }
}

const PLACES = [
  ['in memory', memoryPlace, PASSES.memory],
  ['of Linux', linuxPlace, PASSES.linux],
] as const;

describe.each(PLACES)('on the kernel %s', (_, makePlace, passes) => {
  describe.each(CASES)('$name', (given) => {
    let place: Place;
    let bench: Bench;
    beforeAll(async () => {
      place = await makePlace();
      bench = new Bench(given, place, passes);
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
      expect(rows.filter(({ kind }) => kind === 'route')).toHaveLength(2 * bench.peer(2).subnets.length);
    });

    test('a peer whose MAC or address alone changes is followed, and nothing old stays', async () => {
      const changed = bench.peer(3, { mac: '02:00:00:00:77:03' });
      bench.put(changed);
      await bench.settled(bench.peer(2), changed);
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
});

const staleRoutes = (subnets: readonly IpPrefix[]): Row[] =>
  subnets.map((prefix): Row => {
    const via = parseIpAddress(prefix.includes(':') ? 'fd00:77::66' : '192.168.1.66')!;
    return { kind: 'route', prefix, via, dev: 'eth0', protocol: 80 };
  });

describe.each(PLACES)('on the kernel %s', (_, makePlace, passes) => {
  test.each(['kernel', 'wasm'] as const)(
    'peers that are on link no more are reached by tunnels, and directly when they are again: %s',
    async (dataplane) => {
      const place = await makePlace();
      const given = CASES.find(({ name }) => name === 'vxlan with direct routes')!;
      const bench = new Bench({ ...given, dataplane }, place, passes);
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
});

test('routes that went with their interface are back with it', async () => {
  const place = await linuxPlace();
  const given = CASES.find(({ name }) => name === 'host-gw, both families')!;
  const bench = new Bench(given, place, PASSES.linux);
  try {
    bench.put(bench.peer(2));
    bench.start();
    await bench.settled(bench.peer(2));
    await place.ip('link set eth0 down');
    await bench.until(
      () => bench.state.failures.some(({ attempts }) => attempts > 2),
      () => bench.state,
    );
    await place.ip('link set eth0 up', 'addr add fd00:77::1/64 dev eth0 nodad');
    await bench.settled(bench.peer(2));
  } finally {
    await bench.stop();
    await place.dispose();
  }
});
