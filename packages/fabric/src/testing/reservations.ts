/** What a store does that keeps subnets for certain nodes. */
import { parseIpAddress } from '@podlan/wire';
import { expect, test } from 'vitest';
import { formatLeaseKey } from '../lease-json.js';
import { prefixes, request, testAttributes } from './nodes.js';
import type { Suite } from './suite.js';

const RESERVED = prefixes('10.244.0.12/30');
const HOST_1 = [parseIpAddress('192.168.1.1')!];

/** In CONTRACT_CONFIG. */
export function describeReservations(suite: Suite): void {
  test('keeps a reserved subnet for its node, and it stays reserved', async () => {
    const store = await suite.openAllocating();
    expect(await store.reserve(RESERVED, HOST_1)).not.toHaveProperty('expiresAtMs');
    expect((await store.acquire(request(2, RESERVED))).subnets).not.toEqual(RESERVED);
    const node = await suite.open();
    const lease = await node.acquire(request(1));
    expect(lease).toEqual({ subnets: RESERVED, attributes: testAttributes(1) });
    expect(await node.renew(lease)).toEqual(lease);
    expect(await node.acquire(request(1))).toEqual(lease);
    expect(await store.list()).toContainEqual(lease);
  });

  test('keeps it when the node leaves, and when it comes under another address', async () => {
    const [store, node] = [await suite.openAllocating(), await suite.open()];
    const reservation = await store.reserve(RESERVED, HOST_1);
    const lease = await node.acquire(request(1));
    await node.renew({ ...lease, attributes: testAttributes(9) });
    expect(await store.list()).toEqual([{ subnets: RESERVED, attributes: testAttributes(9) }]);
    await node.renew(lease);
    await node.release(lease);
    expect(await store.list()).toEqual([reservation]);
  });

  test('makes a reservation of a lease that the node holds there', async () => {
    const store = await suite.openAllocating();
    const lease = await store.acquire(request(1));
    const { subnets, attributes } = lease;
    expect(await (await suite.openAllocating()).reserve(subnets, HOST_1)).toEqual({ subnets, attributes });
    expect(await store.renew(lease)).toEqual({ subnets, attributes });
  });

  test('gives a node that holds a lease elsewhere what is reserved for it', async () => {
    const store = await suite.openAllocating();
    const before = await store.acquire(request(1));
    await store.reserve(RESERVED, HOST_1);
    expect((await store.acquire(request(1, before.subnets))).subnets).toEqual(RESERVED);
    expect(await store.list()).toHaveLength(1);
  });

  test.each([
    ['10.244.0.0/30'],
    ['10.245.0.4/30'],
    ['10.244.0.8/31'],
    ['10.244.0.4/30', '10.244.0.8/30'],
    [],
  ])('refuses to reserve %s %s, which does not fit the network', async (...subnets) => {
    const store = await suite.openAllocating();
    const reserving = store.reserve(prefixes(...subnets.filter((text) => text !== undefined)), HOST_1);
    await expect(reserving).rejects.toMatchObject({
      code: 'not-free',
      message: expect.stringContaining('10.244.0.0/28'),
    });
  });

  test('refuses to reserve what another node holds, and for nobody', async () => {
    const store = await suite.openAllocating();
    const { subnets } = await store.acquire(request(2));
    await expect(store.reserve(subnets, HOST_1)).rejects.toMatchObject({
      code: 'not-free',
      message: expect.stringContaining('192.168.1.2'),
    });
    await expect(store.reserve(RESERVED, [])).rejects.toMatchObject({ code: 'not-free' });
  });

  test('takes a lease or a reservation away, whosoever it is', async () => {
    const [store, node] = [await suite.openAllocating(), await suite.open()];
    const view = suite.follow(await suite.open());
    const lease = await node.acquire(request(1));
    await store.reserve(RESERVED, [parseIpAddress('192.168.1.2')!]);
    await suite.eventually(() => expect(view.has(formatLeaseKey(RESERVED))).toBe(true));
    expect(await store.revoke(RESERVED)).toBe(true);
    expect(await store.revoke(lease.subnets)).toBe(true);
    expect(await store.revoke(lease.subnets)).toBe(false);
    await suite.eventually(() => expect(view.size).toBe(0));
    await expect(node.renew(lease)).rejects.toMatchObject({ code: 'lease-lost' });
  });
}
