import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLeaseStore, parseNetworkConfig } from '../src/index.js';
import type { LeaseStore } from '../src/lease.js';
import { openSqliteStore } from '../src/stores/sqlite/sqlite.js';
import { CONTRACT_TTL_SECONDS, FakeClock, testLeaseStore } from '../src/testing.js';
import { ContractClient } from './kubernetes/clients.js';
import { KubernetesServer } from './kubernetes/server.js';

testLeaseStore(
  'memory',
  async (config) => {
    const clock = new FakeClock(1_000_000);
    const times = { clock, leaseTtlSeconds: CONTRACT_TTL_SECONDS };
    const store = new MemoryLeaseStore({ config: parseNetworkConfig(config), ...times });
    return {
      open: async () => store.client(),
      advance: (ms) => clock.advance(ms),
      close: () => store.close(),
    };
  },
  { allocates: true, expires: true },
);

testLeaseStore(
  'sqlite',
  async (config) => {
    const clock = new FakeClock(1_000_000);
    const directory = mkdtempSync(join(tmpdir(), 'podlan-fabric-'));
    const path = join(directory, 'leases.db');
    const stores: LeaseStore[] = [];
    const open = async () => {
      const times = { clock, leaseTtlSeconds: CONTRACT_TTL_SECONDS, pollMs: 5_000 };
      const store = await openSqliteStore({ path, config, ...times });
      stores.push(store);
      return store;
    };
    const close = async () => {
      for (const store of stores) await store.close();
      rmSync(directory, { recursive: true });
    };
    return { open, advance: (ms) => clock.advance(ms), close };
  },
  { allocates: true, expires: true },
);

testLeaseStore(
  'kubernetes',
  async (config) => {
    const server = await new KubernetesServer().start();
    for (const host of [1, 2, 3]) {
      server.objects.add({ name: `node-${host}`, podCIDRs: [`10.244.0.${host * 4}/30`] });
    }
    server.objects.add({ name: 'bystander' });
    const clients: LeaseStore[] = [];
    const open = async () => {
      const client = new ContractClient(server, config);
      clients.push(client);
      return client;
    };
    const unseen = async (change: (store: LeaseStore) => Promise<void>) => {
      server.mute();
      await change(await open());
      server.objects.compact();
      server.cut();
    };
    const close = async () => {
      for (const client of clients) await client.close();
      await server.stop();
    };
    return { open, advance: async () => {}, unseen, close };
  },
  { allocates: false, expires: false },
);
