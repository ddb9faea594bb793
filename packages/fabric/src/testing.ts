/**
 * What every lease store has to do, written once; and a clock for tests to move. Needs vitest.
 * @module @podlan/fabric/testing
 */
import { type IpPrefix, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Lease, LeaseAttributes, LeaseStore } from './lease.js';
import { formatLeaseKey, formatLeaseValue } from './lease-json.js';

export { FakeClock } from './fake-clock.js';

/** A fresh store that holds {@link CONTRACT_CONFIG} and no lease. */
export interface StoreFixture {
  /** One more client of the same store. */
  open(): Promise<LeaseStore>;
  /** Lets time go by, for the store at least. */
  advance(ms: number): Promise<void>;
  close(): Promise<void>;
}

/** Which parts of the contract apply: not every store allocates subnets, or lets leases end. */
export interface StoreFeatures {
  readonly allocates: boolean;
  readonly expires: boolean;
}

/** The network config that the fixture's store has to hold: subnets .4, .8 and .12, each a /30. */
export const CONTRACT_CONFIG = { Network: '10.244.0.0/28', SubnetLen: 30, Backend: { Type: 'vxlan' } };
/** How long its leases have to last. */
export const CONTRACT_TTL_SECONDS = 600;

const SUBNETS = ['10.244.0.4/30', '10.244.0.8/30', '10.244.0.12/30'];

/**
 * Declares the tests of the contract; `makeFixture` is called before each.
 * @example In a test file
 * ```ts
 * import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
 * import { CONTRACT_CONFIG, CONTRACT_TTL_SECONDS, FakeClock, testLeaseStore } from '@podlan/fabric/testing';
 *
 * async function makeFixture() {
 *   const clock = new FakeClock();
 *   const config = parseNetworkConfig(CONTRACT_CONFIG);
 *   const store = new MemoryLeaseStore({ config, clock, leaseTtlSeconds: CONTRACT_TTL_SECONDS });
 *   return {
 *     open: async () => store,
 *     advance: (ms: number) => clock.advance(ms),
 *     close: () => store.close(),
 *   };
 * }
 *
 * testLeaseStore('MemoryLeaseStore', makeFixture, { allocates: true, expires: true });
 * ```
 */
export function testLeaseStore(
  name: string,
  makeFixture: () => Promise<StoreFixture>,
  features: StoreFeatures,
): void {
  describe(`${name} as a lease store`, () => {
    const suite = new Suite();
    beforeEach(async () => suite.begin(await makeFixture()));
    afterEach(() => suite.end());
    describeLeases(suite);
    describeWatches(suite);
    describe.skipIf(!features.allocates)('that allocates', () => describeAllocation(suite));
    describe.skipIf(!features.expires)('that expires', () => describeExpiry(suite));
  });
}

/**
 * The attributes of a made-up node, 192.168.1.`host`.
 * @example In a test file
 * ```ts
 * import { testAttributes } from '@podlan/fabric/testing';
 * import { expect, test } from 'vitest';
 *
 * test('a node has one endpoint', () => {
 *   const [endpoint] = testAttributes(7).endpoints;
 *   expect(endpoint).toEqual({ publicIp: '192.168.1.7', data: { VNI: 1, VtepMAC: '02:00:00:00:00:01' } });
 * });
 * ```
 */
export function testAttributes(host: number, mac = '02:00:00:00:00:01'): LeaseAttributes {
  const publicIp = parseIpAddress(`192.168.1.${host}`)!;
  return { backendType: 'vxlan', endpoints: [{ publicIp, data: { VNI: 1, VtepMAC: mac } }] };
}

class Suite {
  #fixture: StoreFixture | undefined;
  #watches: Promise<void>[] = [];
  #abort = new AbortController();

  begin(fixture: StoreFixture): void {
    this.#fixture = fixture;
    this.#abort = new AbortController();
    this.#watches = [];
  }

  async end(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#watches);
    await this.#fixture?.close();
  }

  open(): Promise<LeaseStore> {
    return this.#fixture!.open();
  }

  advance(ms: number): Promise<void> {
    return this.#fixture!.advance(ms);
  }

  /** What a watcher of the store believes, kept up to date. */
  follow(store: LeaseStore): Map<string, Lease> {
    const view = new Map<string, Lease>();
    this.#watches.push(keepView(store, view, this.#abort.signal));
    return view;
  }

  /** Waits for other processes' work to come through: real time passes, and the store's own. */
  async eventually(check: () => void): Promise<void> {
    for (let tries = 0; ; tries++) {
      await this.advance(40);
      try {
        return check();
      } catch (error) {
        if (tries > 200) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

async function keepView(store: LeaseStore, view: Map<string, Lease>, signal: AbortSignal): Promise<void> {
  for await (const events of store.watch(signal)) {
    for (const event of events) {
      if (event.type === 'snapshot') view.clear();
      const leases = event.type === 'snapshot' ? event.leases : [event.lease];
      for (const lease of leases) {
        if (event.type === 'delete') view.delete(formatLeaseKey(lease.subnets));
        else view.set(formatLeaseKey(lease.subnets), lease);
      }
    }
  }
}

const request = (host: number, previous: readonly string[] = []) => ({
  attributes: testAttributes(host),
  previous: previous.map((text) => parseIpPrefix(text) as IpPrefix),
});

function describeLeases(suite: Suite): void {
  test('gives a node its own lease again', async () => {
    const store = await suite.open();
    const first = await store.acquire(request(1));
    const again = await (await suite.open()).acquire(request(1));
    expect(again.subnets).toEqual(first.subnets);
  });

  test('publishes attributes exactly as given', async () => {
    const store = await suite.open();
    const lease = await store.acquire(request(1));
    const attributes = testAttributes(1, '02:00:00:00:00:99');
    const renewed = await store.renew({ ...lease, attributes });
    expect(formatLeaseValue(renewed)).toBe(formatLeaseValue({ ...lease, attributes }));
  });

  test('refuses to renew a lease that was released', async () => {
    const store = await suite.open();
    const lease = await store.acquire(request(1));
    await store.release(lease);
    await expect(store.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
  });

  test("neither renews nor releases another node's lease", async () => {
    const store = await suite.open();
    const lease = await store.acquire(request(1));
    const stolen = { ...lease, attributes: testAttributes(2) };
    await expect(store.renew(stolen)).rejects.toMatchObject({ code: 'lease-lost' });
    await store.release(stolen);
    await expect(store.renew(lease)).resolves.toMatchObject({ subnets: lease.subnets });
  });
}

function describeWatches(suite: Suite): void {
  test('begins a watch with all leases there are', async () => {
    const store = await suite.open();
    const { subnets } = await store.acquire(request(1));
    const stop = new AbortController();
    for await (const [event] of (await suite.open()).watch(stop.signal)) {
      expect(event).toMatchObject({ type: 'snapshot', leases: [{ subnets }] });
      stop.abort();
    }
  });

  test('tells every client of leases that come, change and go', async () => {
    const views = [suite.follow(await suite.open()), suite.follow(await suite.open())];
    const store = await suite.open();
    const lease = await store.acquire(request(1));
    const key = formatLeaseKey(lease.subnets);
    for (const view of views) await suite.eventually(() => expect([...view.keys()]).toEqual([key]));
    const attributes = testAttributes(1, '02:00:00:00:00:99');
    await store.renew({ ...lease, attributes });
    for (const view of views) {
      await suite.eventually(() => expect(view.get(key)?.attributes).toEqual(attributes));
    }
    await store.release(lease);
    for (const view of views) await suite.eventually(() => expect(view.size).toBe(0));
  });

  test('loses nothing of many quick changes', async () => {
    const store = await suite.open();
    const view = suite.follow(await suite.open());
    for (let round = 0; round < 20; round++) {
      const lease = await store.acquire(request(1));
      const other = await store.acquire(request(2));
      await store.release(lease);
      await store.release(other);
    }
    const last = await store.acquire(request(3));
    await suite.eventually(() => expect([...view.keys()]).toEqual([formatLeaseKey(last.subnets)]));
  });

  test('ends a watch when its signal aborts, and when the store is closed', async () => {
    const store = await suite.open();
    const stop = new AbortController();
    const first = keepView(store, new Map(), stop.signal);
    const second = keepView(store, new Map(), new AbortController().signal);
    await suite.advance(10);
    stop.abort();
    await first;
    await store.close();
    await second;
  });
}

function describeAllocation(suite: Suite): void {
  test('gives out the lowest free subnet', async () => {
    const store = await suite.open();
    const leases = [await store.acquire(request(1)), await store.acquire(request(2))];
    expect(leases.flatMap(({ subnets }) => subnets)).toEqual(SUBNETS.slice(0, 2));
    await store.release(leases[0]!);
    expect((await store.acquire(request(3))).subnets).toEqual([SUBNETS[0]]);
  });

  test('gives a node the subnet it held before, when it is free', async () => {
    const store = await suite.open();
    expect((await store.acquire(request(1, [SUBNETS[1]!]))).subnets).toEqual([SUBNETS[1]]);
    expect((await store.acquire(request(2, [SUBNETS[1]!]))).subnets).toEqual([SUBNETS[0]]);
  });

  test.each(['10.245.0.4/30', '10.244.0.4/31', '10.244.0.0/30', 'fd00::/64'])(
    'does not give out %s, which does not fit the network',
    async (previous) => {
      const store = await suite.open();
      expect((await store.acquire(request(1, [previous]))).subnets).toEqual([SUBNETS[0]]);
    },
  );

  test('lets one of several racing for the last subnet have it, and tells the others', async () => {
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => suite.open()));
    const races = await Promise.allSettled(clients.map((store, host) => store.acquire(request(host + 1))));
    const won = races.filter((race) => race.status === 'fulfilled');
    const lost = races.filter((race) => race.status === 'rejected');
    expect(won.flatMap(({ value }) => value.subnets).sort()).toEqual([...SUBNETS].sort());
    expect(lost).toHaveLength(2);
    for (const { reason } of lost) {
      expect(reason).toMatchObject({
        code: 'out-of-subnets',
        message: expect.stringContaining('10.244.0.0/28'),
      });
    }
  });
}

function describeExpiry(suite: Suite): void {
  const ttlMs = CONTRACT_TTL_SECONDS * 1000;

  test('takes a lease away at its end, and gives its subnet to another', async () => {
    const store = await suite.open();
    const view = suite.follow(await suite.open());
    const lease = await store.acquire(request(1));
    await suite.eventually(() => expect(view.size).toBe(1));
    await suite.advance(ttlMs);
    await suite.eventually(() => expect(view.size).toBe(0));
    await expect(store.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
    expect((await store.acquire(request(2))).subnets).toEqual(lease.subnets);
  });

  test('keeps a lease that is renewed', async () => {
    const store = await suite.open();
    const view = suite.follow(await suite.open());
    const lease = await store.acquire(request(1));
    for (let round = 0; round < 3; round++) {
      await suite.advance(ttlMs * 0.7);
      const renewed = await store.renew(lease);
      expect(renewed.expiresAtMs).toBeGreaterThan(lease.expiresAtMs!);
    }
    await suite.eventually(() => expect(view.size).toBe(1));
  });
}
