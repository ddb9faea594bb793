/** How often a node asks its store in three days, on a clock that is moved. */
import { MemoryLeaseStore } from '@podlan/fabric';
import { FakeClock } from '@podlan/fabric/testing';
import { MemoryKernel } from '@podlan/linux/model';
import { startNode } from './node.js';
import { CONFIG, peerLeases } from './peers.js';

const MINUTES = 3 * 24 * 60;

/** `{ acquire, renew, release, watch }` calls. */
export async function countStoreRequests(peers) {
  const clock = new FakeClock(1_000_000);
  const store = new MemoryLeaseStore({ config: CONFIG, clock });
  for (const lease of peerLeases(peers)) store.put(lease);
  const calls = { acquire: 0, renew: 0, release: 0, watch: 0 };
  const counted = new Proxy(store, {
    get: (target, key) => {
      const value = target[key];
      if (typeof value !== 'function') return value;
      return (...args) => {
        if (key in calls) calls[key]++;
        return value.apply(target, args);
      };
    },
  });
  // Nobody changes the kernel, so resyncs are all that would happen.
  const node = startNode({ kernel: new MemoryKernel(), store: counted, clock, resyncMs: 24 * 3_600_000 });
  await clock.advance(MINUTES * 60_000);
  await node.stop();
  const total = Object.values(calls).reduce((sum, count) => sum + count, 0);
  return { peers, calls, minutes: MINUTES, perMinute: total / MINUTES };
}
