/** What a store does whose leases end. */
import { expect, test } from 'vitest';
import { request } from './nodes.js';
import type { Suite } from './suite.js';

export function describeExpiry(suite: Suite, ttlSeconds: number): void {
  const ttlMs = ttlSeconds * 1000;

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
