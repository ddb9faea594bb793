import { overlaps } from '@podlan/linux/prefix';
import { type IpAddress, type IpPrefix, parseIpAddress, parseIpPrefix } from '@podlan/wire';
import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { AddressClaims } from '../src/address-claims.js';
import type { Lease } from '../src/index.js';

/** A small space, so that much of it meets. */
const prefix = fc
  .tuple(fc.integer({ min: 0, max: 63 }), fc.integer({ min: 26, max: 30 }))
  .map(([last, length]) => parseIpPrefix(`10.0.0.${last}/${length}`)!);
const address = fc.integer({ min: 0, max: 255 }).map((last) => parseIpAddress(`10.0.0.${last}`)!);
const step = fc.record({
  key: fc.constantFrom('a', 'b', 'c', 'd', 'e'),
  release: fc.boolean(),
  subnet: prefix,
  publicIp: address,
});

const host = (one: IpAddress): IpPrefix => parseIpPrefix(`${one}/32`)!;

/** Every pair looked at. */
function conflictsIn(held: ReadonlyMap<string, Lease>, key: string, lease: Lease): boolean {
  return [...held].some(([other, { subnets, attributes }]) => {
    if (other === key) return false;
    const theirs = attributes.endpoints.map(({ publicIp }) => host(publicIp));
    const ours = lease.attributes.endpoints.map(({ publicIp }) => host(publicIp));
    return lease.subnets.some(
      (subnet) =>
        [...subnets, ...theirs].some((one) => overlaps(one, subnet)) ||
        subnets.some((one) => ours.some((endpoint) => overlaps(one, endpoint))),
    );
  });
}

test('claims are refused where a look at every pair finds a conflict, and nowhere else', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 60 }), (steps) => {
      const claims = new AddressClaims();
      const held = new Map<string, Lease>();
      for (const { key, release, subnet, publicIp } of steps) {
        if (release) {
          claims.release(key);
          held.delete(key);
          continue;
        }
        const lease: Lease = {
          subnets: [subnet],
          attributes: { backendType: '', endpoints: [{ publicIp }] },
        };
        const conflict = claims.conflict(key, lease);
        expect(conflict !== undefined).toBe(conflictsIn(held, key, lease));
        if (conflict !== undefined) continue;
        claims.hold(key, lease);
        held.set(key, lease);
      }
    }),
  );
});
