import { afterAll, beforeAll } from 'vitest';
import type { LeaseStore } from '../src/lease.js';
import { openEtcdStore } from '../src/stores/etcd/etcd.js';
import { CONTRACT_TTL_SECONDS, FakeClock, testLeaseStore } from '../src/testing.js';
import { EtcdServer } from './etcd/etcd-server.js';
import { Gateway } from './etcd/gateway.js';
import { Wire } from './etcd/wire.js';

let etcd: EtcdServer;
let fixtures = 0;

beforeAll(async () => {
  etcd = await EtcdServer.start();
});
afterAll(() => etcd.stop());

/** etcd's leases end in real time: here the clock of the test ends them. */
class LeaseTimes {
  readonly #gateway: Gateway;
  readonly #clock: FakeClock;
  readonly #endsMs = new Map<string, number>();

  constructor(gateway: Gateway, clock: FakeClock) {
    this.#gateway = gateway;
    this.#clock = clock;
  }

  async advance(ms: number): Promise<void> {
    for (const id of await this.#gateway.leases()) {
      if (!this.#endsMs.has(id)) this.#endsMs.set(id, this.#clock.nowMs() + CONTRACT_TTL_SECONDS * 1000);
    }
    await this.#clock.advance(ms);
    for (const [id, endMs] of this.#endsMs) {
      if (endMs > this.#clock.nowMs()) continue;
      this.#endsMs.delete(id);
      await this.#gateway.revoke(id).catch(() => {});
    }
  }
}

testLeaseStore(
  'etcd',
  async (config) => {
    const clock = new FakeClock(1_000_000);
    const wire = await Wire.to(etcd.url);
    const gateway = new Gateway(etcd.url);
    const times = new LeaseTimes(gateway, clock);
    const prefix = `/contract/${fixtures++}`;
    const stores: LeaseStore[] = [];
    const openAt = async (endpoint: string) => {
      const options = { endpoints: [endpoint], prefix, config, clock, leaseTtlSeconds: CONTRACT_TTL_SECONDS };
      const store = await openEtcdStore(options);
      stores.push(store);
      return store;
    };
    return {
      open: () => openAt(wire.url),
      advance: (ms) => times.advance(ms),
      unseen: async (change) => {
        await wire.cut();
        await change(await openAt(etcd.url));
        await gateway.compact();
        await wire.mend();
      },
      close: async () => {
        for (const store of stores) await store.close();
        await wire.cut();
      },
    };
  },
  { allocates: true, expires: true },
);
