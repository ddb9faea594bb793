/** How the devices of snapshots are joined: ends of veth pairs that know one another, and cards on one underlay. */
import { contains, prefixOf } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, type IpPrefix } from '@podlan/wire';
import { Nic, Switch } from '../../devices/nic.js';
import { pair, Veth } from '../../devices/veth.js';
import type { Netns } from '../../kernel/netns.js';
import type { SimNetwork } from '../../sim-network.js';
import type { NamespaceSnapshot } from '../namespace-schema.js';
import type { LinkSnapshot } from '../types.js';

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

const ROUTER = 'underlay';

/**
 * Cards whose addresses share a subnet are on one switch; a router that no snapshot tells of has the gateways' addresses
 * and joins the switches.
 */
export function joinCards(network: SimNetwork): void {
  const segments: { readonly medium: Switch; readonly prefixes: IpPrefix[]; readonly cards: Nic[] }[] = [];
  for (const netns of network.namespaces) {
    for (const device of netns.devices) {
      if (!(device instanceof Nic)) continue;
      const prefixes = netns
        .addressesOf(device.name)
        .filter(({ scope }) => scope === 'global')
        .map(({ address }) => prefixOf(address));
      const known = segments.find((one) => one.prefixes.some((prefix) => prefixes.includes(prefix)));
      const segment = known ?? { medium: new Switch(network.clock, network.random), prefixes: [], cards: [] };
      if (known === undefined) segments.push(segment);
      segment.prefixes.push(...prefixes);
      segment.cards.push(device);
      segment.medium.plug(device);
    }
  }
  const gateways = segments.map((segment) => gatewaysOf(network, segment.prefixes));
  if (gateways.some((found) => found.length > 0)) addRouter(network, segments, gateways);
}

/** Next hops on these prefixes that are no address of a namespace that is known. */
function gatewaysOf(network: SimNetwork, prefixes: readonly IpPrefix[]): IpAddress[] {
  const found = new Set<IpAddress>();
  for (const { fib } of network.namespaces) {
    for (const family of [4, 6] as const) {
      for (const { via, prefix } of fib.routes(family, 254))
        if (via !== undefined && prefix.endsWith('/0') && prefixes.some((one) => contains(one, via)))
          found.add(via);
    }
  }
  return [...found].filter((address) => ![...network.namespaces].some((netns) => netns.fib.isLocal(address)));
}

function addRouter(
  network: SimNetwork,
  segments: readonly { readonly medium: Switch; readonly prefixes: readonly IpPrefix[] }[],
  gateways: readonly (readonly IpAddress[])[],
): void {
  const router = network.addNetns(freeName(network, ROUTER));
  router.sysctls.set('net/ipv4/ip_forward', '1');
  router.sysctls.set('net/ipv6/conf/all/forwarding', '1');
  for (const [i, { medium, prefixes }] of segments.entries()) {
    const card = new Nic(router, { name: `eth${i}`, mac: network.nextMac(), mtu: 1500, up: true });
    medium.plug(card);
    router.addDevice(card);
    for (const gateway of gateways[i]!) addGateway(router, card, gateway, prefixes);
  }
}

function addGateway(router: Netns, card: Nic, gateway: IpAddress, prefixes: readonly IpPrefix[]): void {
  const prefix = prefixes.find((one) => familyOf(one) === familyOf(gateway) && contains(one, gateway))!;
  const length = prefix.slice(prefix.indexOf('/'));
  router.addAddress(card.name, `${gateway}${length}` as Parameters<Netns['addAddress']>[1]);
}

function freeName(network: SimNetwork, wanted: string): string {
  return network.netns(wanted) === undefined ? wanted : freeName(network, `${wanted}'`);
}
