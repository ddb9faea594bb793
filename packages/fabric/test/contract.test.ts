import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { MemoryLeaseStore, parseNetworkConfig } from '../src/index.js';
import type { LeaseStore } from '../src/lease.js';
import { openSqliteStore } from '../src/stores/sqlite.js';
import { CONTRACT_TTL_SECONDS, FakeClock, testLeaseStore } from '../src/testing.js';

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
