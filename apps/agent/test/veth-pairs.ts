/** Which veth is the other end of which, over all the nodes that are there. */
import type { LinkSnapshot, NamespaceSnapshot, NodeSnapshot } from '@podlan/simulator/snapshot';

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

/** Every pair of which both ends are in the snapshots, once. */
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
