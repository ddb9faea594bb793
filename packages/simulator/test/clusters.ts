/** What tests of whole clusters ask: that all pods reach each other, and that every host has the rows it should have. */
import { diff, rowText, scopeOf } from '@podlan/linux/model';
import { expect } from 'vitest';
import type { SimCluster, SimHost } from '../src/index.js';

const IPV4 = { Network: '10.244.0.0/16' };
const IPV6 = { EnableIPv6: true, IPv6Network: 'fd00:244::/48' };

export const FAMILIES = {
  ipv4: IPV4,
  ipv6: { ...IPV6, EnableIPv4: false },
  dual: { ...IPV4, ...IPV6 },
} as const;

/** Pods that got no answer, of all pairs and families, both ways; and pods that hosts do not reach. */
export function unreached(cluster: SimCluster): string[] {
  const senders = [...cluster.pods, ...cluster.hosts];
  return senders.flatMap(({ name: from }) =>
    cluster.pods.flatMap(({ name: to, addresses }) =>
      addresses
        .map((destination) => ({ ...cluster.probe(from, { destination }), destination }))
        .filter(({ answered }) => !answered)
        .map(({ destination, lost }) => `${from} to ${to} ${destination}: ${lost?.reason} ${lost?.text}`),
    ),
  );
}

/** That a host has the rows of all its peers, and nothing else on its devices. */
export async function expectDesiredRows(host: SimHost, peers: number): Promise<void> {
  const desired = host.desired();
  expect(desired.map(({ owner }) => owner)).toHaveLength(peers + 1);
  const rows = desired.flatMap((one) => one.rows);
  const changes = diff(await host.kernel.snapshot(scopeOf(rows)), rows);
  expect(changes.map(({ op, row }) => `${op} ${rowText(row)}`)).toEqual([]);
}

/** Of all hosts, once they have come to rest. */
export async function expectAtRest(cluster: SimCluster): Promise<void> {
  await cluster.clock.advance(2000);
  for (const host of cluster.hosts) await expectDesiredRows(host, cluster.hosts.length - 1);
}
