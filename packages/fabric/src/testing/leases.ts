/** What every store does with one lease. */
import { expect, test } from 'vitest';
import { formatLeaseValue } from '../lease-json.js';
import { request, testAttributes } from './nodes.js';
import type { Suite } from './suite.js';

export function describeLeases(suite: Suite): void {
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
    const thief = await suite.open();
    const stolen = { ...lease, attributes: testAttributes(2) };
    await expect(thief.renew(stolen)).rejects.toMatchObject({ code: 'lease-lost' });
    await thief.release(stolen);
    await expect(store.renew(lease)).resolves.toMatchObject({ subnets: lease.subnets });
  });

  test('lets a node whose public address changed keep its subnets', async () => {
    const store = await suite.open();
    const lease = await store.acquire(request(1));
    const moved = await store.renew({ ...lease, attributes: testAttributes(9) });
    expect(moved).toMatchObject({ subnets: lease.subnets, attributes: testAttributes(9) });
    await expect(store.renew(moved)).resolves.toMatchObject({ attributes: testAttributes(9) });
    const before = await suite.open();
    await expect(before.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
  });
}
