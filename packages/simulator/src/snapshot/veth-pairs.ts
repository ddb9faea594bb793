/** Which veth is the other end of which, over all the nodes that are there. */
import type { NamespaceSnapshot } from './namespace-schema.js';
import type { LinkSnapshot, NodeSnapshot } from './types.js';

/** One end of a pair. */
export interface VethEnd {
  readonly node: string;
  readonly namespace: string;
  readonly ifname: string;
}

interface Place {
  readonly node: string;
  readonly namespace: NamespaceSnapshot;
  readonly link: LinkSnapshot;
}

/**
 * Every pair of which both ends are in the snapshots, once; of snapshots taken on one machine pairs between nodes, too.
 * @example
 * ```ts
 * import { parseSnapshot, vethPairs } from '@podlan/simulator/snapshot';
 *
 * const namespace = (name: string, kind: string, netns: number, other: number, ifname: string) => ({
 *   name, kind, netns, nsids: [{ nsid: 0, netns: other }],
 *   links: [
 *     { ifindex: 2, ifname, link_index: 2, link_netnsid: 0, flags: [], mtu: 1450, linkinfo: { info_kind: 'veth' } },
 *   ],
 *   addresses: [], routes: [], rules: [], neighbors: [], fdb: [], sysctls: {}, nftables: [], sockets: [],
 * });
 * const snapshot = parseSnapshot(JSON.stringify({
 *   schema: 'podlan-snapshot', version: 1, node: 'a', takenAt: '2030-01-31T12:00:00.000Z', podlan: '0.1.0', kernel: '6.1.0',
 *   namespaces: [namespace('a', 'host', 1, 7, 'veth1'), namespace('pod-a1', 'pod', 7, 1, 'eth0')],
 * }));
 * vethPairs([snapshot]);
 * // => [[
 * //      { node: 'a', namespace: 'a', ifname: 'veth1' },
 * //      { node: 'a', namespace: 'pod-a1', ifname: 'eth0' },
 * //    ]]
 * ```
 */
export function vethPairs(snapshots: readonly NodeSnapshot[]): (readonly [VethEnd, VethEnd])[] {
  const places = snapshots.flatMap(vethsOf);
  const byTarget = new Map<string, Place[]>();
  for (const place of places) {
    const key = keyOf(place.namespace.netns, place.link.ifindex);
    byTarget.set(key, [...(byTarget.get(key) ?? []), place]);
  }
  const taken = new Set<Place>();
  return places.flatMap((place) => {
    if (taken.has(place)) return [];
    const other = otherEnd(place, byTarget);
    if (other === undefined || taken.has(other)) return [];
    taken.add(place).add(other);
    return [[endOf(place), endOf(other)] as const];
  });
}

const vethsOf = ({ node, namespaces }: NodeSnapshot): Place[] =>
  namespaces.flatMap((namespace) =>
    namespace.links
      .filter(({ linkinfo }) => linkinfo?.info_kind === 'veth')
      .map((link) => ({ node, namespace, link })),
  );

/** Two machines may number alike: the other end is one that leads back, and rather of the same node. */
function otherEnd(place: Place, byTarget: ReadonlyMap<string, readonly Place[]>): Place | undefined {
  const candidates = (byTarget.get(targetOf(place)) ?? []).filter(
    (one) => one !== place && targetOf(one) === keyOf(place.namespace.netns, place.link.ifindex),
  );
  return candidates.find(({ node }) => node === place.node) ?? candidates[0];
}

function targetOf({ namespace, link }: Place): string {
  const id = link.link_netnsid;
  const netns = id === undefined ? namespace.netns : namespace.nsids.find(({ nsid }) => nsid === id)?.netns;
  return keyOf(netns, link.link_index);
}

const keyOf = (netns: number | undefined, ifindex: number | undefined): string => `${netns}/${ifindex}`;

const endOf = ({ node, namespace, link }: Place): VethEnd => ({
  node,
  namespace: namespace.name,
  ifname: link.ifname,
});
