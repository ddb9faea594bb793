/** How the devices of snapshots are joined: ends of veth pairs that know one another, and those whose other end is in no snapshot. */
import { pair, Veth } from '../../devices/veth.js';
import type { SimNetwork } from '../../sim-network.js';
import type { NamespaceSnapshot } from '../namespace-schema.js';
import type { LinkSnapshot } from '../types.js';
import { freeName } from './underlay-cards.js';
import { UnknownVeth } from './unknown-end.js';

/** A namespace, as it was and as it is simulated. */
export interface Place {
  readonly name: string;
  readonly node: string;
  readonly snapshot: NamespaceSnapshot;
}

/** One end of a veth pair. */
export interface End {
  readonly place: Place;
  readonly link: LinkSnapshot;
}

/** The other end of a veth; undefined where no snapshot has it. Both must know each other: indexes are small numbers. */
export function otherEnd({ place, link }: End, places: readonly Place[]): End | undefined {
  if (link.linkinfo?.info_kind !== 'veth' || link.link_index === undefined) return undefined;
  const near = places.filter((one) => one.node === place.node);
  return [near, places].map((among) => among.flatMap((one) => endsAt(place, link, one))[0]).find(Boolean);
}

function endsAt(place: Place, link: LinkSnapshot, other: Place): End[] {
  if (!leadsTo(place, link, other)) return [];
  return other.snapshot.links
    .filter((one) => one.ifindex === link.link_index && one.link_index === link.ifindex)
    .filter((one) => one !== link && one.linkinfo?.info_kind === 'veth' && leadsTo(other, one, place))
    .map((one) => ({ place: other, link: one }));
}

/** Whether the namespace that the link's other end is in may be this one. */
function leadsTo({ snapshot }: Place, { link_netnsid: nsid }: LinkSnapshot, other: Place): boolean {
  if (nsid === undefined) return snapshot === other.snapshot;
  const known = snapshot.nsids.find((one) => one.nsid === nsid);
  return known === undefined ? snapshot !== other.snapshot : known.netns === other.snapshot.netns;
}

export function joinPairs(network: SimNetwork, places: readonly Place[]): void {
  for (const place of places) {
    for (const link of place.snapshot.links) {
      const end = otherEnd({ place, link }, places);
      const [one, other] = [deviceAt(network, place, link), end && deviceAt(network, end.place, end.link)];
      if (one instanceof Veth && other instanceof Veth && one.peer === undefined) pair(one, other);
    }
  }
}

const deviceAt = (network: SimNetwork, { name }: Place, { ifname }: LinkSnapshot) =>
  network.netns(name)?.device(ifname);

const ELSEWHERE = 'elsewhere';

/** The other ends of veth pairs that no snapshot has: something may be behind them. Last, when all others are joined. */
export function joinUnknown(
  network: SimNetwork,
  places: readonly Place[],
  note: (text: string) => void,
): void {
  const open = places.flatMap((place) =>
    place.snapshot.links.flatMap((link) => {
      const device = deviceAt(network, place, link);
      const isOpen =
        device instanceof Veth && device.peer === undefined && !link.flags.includes('NO-CARRIER');
      return isOpen ? [{ place, device }] : [];
    }),
  );
  if (open.length === 0) return;
  const elsewhere = network.addNetns(freeName(network, ELSEWHERE), { isBare: true });
  for (const [i, { place, device }] of open.entries()) {
    const where = `${device.name} of ${place.name} leads to a namespace that no snapshot has`;
    note(where);
    const { mtu } = device;
    const end = new UnknownVeth(elsewhere, { name: `veth${i}`, mac: network.nextMac(), mtu, network, where });
    end.up = true;
    elsewhere.addDevice(end);
    pair(device, end);
  }
}
