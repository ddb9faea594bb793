/**
 * What every lease store has to do, written once; and a clock for tests to move. Needs vitest.
 * @module @podlan/fabric/testing
 */
import { afterEach, beforeEach, describe } from 'vitest';
import { describeAllocation, describeNetworks } from './testing/allocation.js';
import { describeExpiry } from './testing/expiry.js';
import { describeLeases } from './testing/leases.js';
import { describeReservations } from './testing/reservations.js';
import { type StoreFixture, Suite } from './testing/suite.js';
import { describeWatches } from './testing/watches.js';

export { FakeClock } from './fake-clock.js';
export { testAttributes } from './testing/nodes.js';
export type { StoreFixture };

/** Which parts of the contract apply: not every store allocates subnets, or lets leases end. */
export interface StoreFeatures {
  /** Its clients are `AllocatingStore`s. */
  readonly allocates: boolean;
  readonly expires: boolean;
}

/** The network config that the fixture's store has to hold: subnets .4, .8 and .12, each a /30. */
export const CONTRACT_CONFIG = { Network: '10.244.0.0/28', SubnetLen: 30, Backend: { Type: 'vxlan' } };
/** How long its leases have to last. */
export const CONTRACT_TTL_SECONDS = 600;

/**
 * Declares the tests of the contract; `makeFixture` is called before each, with the network config that the store has to
 * hold: {@link CONTRACT_CONFIG}, or another where a store allocates.
 * @example In a test file
 * ```ts
 * import { MemoryLeaseStore, parseNetworkConfig } from '@podlan/fabric';
 * import { CONTRACT_TTL_SECONDS, FakeClock, testLeaseStore } from '@podlan/fabric/testing';
 *
 * async function makeFixture(config: object) {
 *   const clock = new FakeClock();
 *   const options = { config: parseNetworkConfig(config), clock, leaseTtlSeconds: CONTRACT_TTL_SECONDS };
 *   const store = new MemoryLeaseStore(options);
 *   return {
 *     open: async () => store.client(),
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
  makeFixture: (config: object) => Promise<StoreFixture>,
  features: StoreFeatures,
): void {
  describe(`${name} as a lease store`, () => {
    const suite = new Suite(makeFixture);
    afterEach(() => suite.end());
    describe('of three subnets', () => {
      beforeEach(() => suite.begin(CONTRACT_CONFIG));
      describeLeases(suite);
      describeWatches(suite);
      if (features.allocates) describe('that allocates', () => describeAllocation(suite));
      if (features.allocates) describe('that reserves', () => describeReservations(suite));
      if (features.expires) describe('that expires', () => describeExpiry(suite, CONTRACT_TTL_SECONDS));
    });
    if (features.allocates) describe('that allocates', () => describeNetworks(suite));
  });
}
