/** What a store does that hands out subnets itself. */
import { describe, expect, test } from 'vitest';
import type { Lease, LeaseAttributes } from '../lease.js';
import { dualAttributes, ipv6Attributes, prefixes, request, testAttributes } from './nodes.js';
import type { Suite } from './suite.js';

/** All of CONTRACT_CONFIG. */
const SUBNETS = prefixes('10.244.0.4/30', '10.244.0.8/30', '10.244.0.12/30');

export function describeAllocation(suite: Suite): void {
  test('gives out the lowest free subnet', async () => {
    const store = await suite.open();
    const leases = [await store.acquire(request(1)), await store.acquire(request(2))];
    expect(leases.flatMap(({ subnets }) => subnets)).toEqual(SUBNETS.slice(0, 2));
    await store.release(leases[0]!);
    expect((await store.acquire(request(3))).subnets).toEqual([SUBNETS[0]]);
  });

  test('gives a node the subnet it held before, when it is free', async () => {
    const store = await suite.open();
    expect((await store.acquire(request(1, [SUBNETS[1]!]))).subnets).toEqual([SUBNETS[1]]);
    expect((await store.acquire(request(2, [SUBNETS[1]!]))).subnets).toEqual([SUBNETS[0]]);
  });

  test.each(['10.245.0.4/30', '10.244.0.4/31', '10.244.0.0/30', 'fd00::/64'])(
    'does not give out %s, which does not fit the network',
    async (previous) => {
      const store = await suite.open();
      expect((await store.acquire(request(1, [previous]))).subnets).toEqual([SUBNETS[0]]);
    },
  );

  test('lets one of several racing for the last subnet have it, and tells the others', async () => {
    const clients = await Promise.all([1, 2, 3, 4, 5].map(() => suite.open()));
    const races = await Promise.allSettled(clients.map((store, host) => store.acquire(request(host + 1))));
    const won = races.filter((race) => race.status === 'fulfilled');
    const lost = races.filter((race) => race.status === 'rejected');
    expect(won.flatMap(({ value }) => value.subnets).sort()).toEqual([...SUBNETS].sort());
    expect(lost).toHaveLength(2);
    for (const { reason } of lost) {
      expect(reason).toMatchObject({
        code: 'out-of-subnets',
        message: expect.stringContaining('10.244.0.0/28'),
      });
    }
  });

  test('lets the loser of a race for one subnet have the next', async () => {
    const clients = await Promise.all([1, 2, 3].map(() => suite.open()));
    const racing = clients.map((store, host) => store.acquire(request(host + 1, [SUBNETS[1]!])));
    expect(subnetsOf(await Promise.all(racing))).toEqual([...SUBNETS].sort());
  });

  test('lists the leases in force', async () => {
    const store = await suite.openAllocating();
    const leases = [await store.acquire(request(1)), await store.acquire(request(2))];
    await store.release(leases[0]!);
    const listed = await (await suite.openAllocating()).list();
    expect(listed).toMatchObject([{ subnets: leases[1]!.subnets, attributes: leases[1]!.attributes }]);
  });
}

const VXLAN = { Backend: { Type: 'vxlan' } };
const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

const NETWORKS: [
  name: string,
  config: object,
  attributes: (host: number) => LeaseAttributes,
  first: string[],
][] = [
  ['IPv4', { Network: '10.244.0.0/16', ...VXLAN }, testAttributes, ['10.244.1.0/24']],
  ['IPv6 alone', { EnableIPv4: false, ...IPV6, ...VXLAN }, ipv6Attributes, ['fd00:244:0:1::/64']],
  [
    'both',
    { Network: '10.244.0.0/16', ...IPV6, ...VXLAN },
    dualAttributes,
    ['10.244.1.0/24', 'fd00:244:0:1::/64'],
  ],
];

export function describeNetworks(suite: Suite): void {
  describe.each(NETWORKS)('in a network of %s', (_name, config, attributes, first) => {
    test('gives fifty nodes at once different subnets', async () => {
      await suite.begin(config);
      const clients = await Promise.all(Array.from({ length: 50 }, () => suite.open()));
      const joining = clients.map((store, i) =>
        store.acquire({ attributes: attributes(i + 1), previous: [] }),
      );
      const leases = await Promise.all(joining);
      for (const { subnets } of leases) expect(subnets).toHaveLength(first.length);
      expect(new Set(subnetsOf(leases)).size).toBe(50 * first.length);
    });

    test('gives each node its own again', async () => {
      await suite.begin(config);
      const store = await suite.openAllocating();
      const lease = await store.acquire({ attributes: attributes(1), previous: [] });
      expect(lease.subnets).toEqual(first);
      const other = await (await suite.open()).acquire({ attributes: attributes(2), previous: [] });
      expect(other.subnets).not.toEqual(first);
      const again = await (await suite.open()).acquire({ attributes: attributes(1), previous: [] });
      expect(again.subnets).toEqual(first);
      expect(subnetsOf(await store.list())).toEqual(subnetsOf([lease, other]));
    });
  });
}

function subnetsOf(leases: readonly Lease[]): string[] {
  return leases.flatMap(({ subnets }) => subnets).sort();
}
