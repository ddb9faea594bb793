/** What every store tells its watchers. */
import { expect, test } from 'vitest';
import type { LeaseEvent, LeaseStore } from '../lease.js';
import { formatLeaseKey } from '../lease-json.js';
import { request, testAttributes } from './nodes.js';
import { keepView, type Suite } from './suite.js';

export function describeWatches(suite: Suite): void {
  test('begins a watch with all leases there are', async () => {
    const store = await suite.open();
    const { subnets } = await store.acquire(request(1));
    expect(await firstBatch(await suite.open())).toMatchObject([{ type: 'snapshot', leases: [{ subnets }] }]);
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

  test('ends a watch that may have missed something, and begins the next with all there is', async ({
    skip,
  }) => {
    const { unseen } = suite.fixture;
    if (unseen === undefined) return skip('its watches see everything');
    const store = await suite.open();
    const leases = [await store.acquire(request(1)), await store.acquire(request(2))];
    const watch = store.watch(new AbortController().signal)[Symbol.asyncIterator]();
    expect(await watch.next()).toMatchObject({ value: [{ type: 'snapshot' }] });
    await unseen((other) => other.release(leases[0]!));
    await expect(watch.next()).rejects.toMatchObject({ code: 'watch-lost' });
    const [snapshot] = await firstBatch(store);
    expect(snapshot).toMatchObject({ type: 'snapshot', leases: [{ subnets: leases[1]!.subnets }] });
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

async function firstBatch(store: LeaseStore): Promise<readonly LeaseEvent[]> {
  const stop = new AbortController();
  for await (const events of store.watch(stop.signal)) return events;
  throw new Error('expected a snapshot, the watch ended');
}
