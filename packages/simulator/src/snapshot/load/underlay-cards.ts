/** How cards of hosts are joined: segments by subnet or by gateway, a router for what leads from one to another. */
import { addressBits, contains, prefixOf } from '@podlan/linux/prefix';
import {
  familyOf,
  type IpAddress,
  type IpPrefix,
  type MacAddress,
  prefixAddress,
  prefixLength,
} from '@podlan/wire';
import { Nic, Switch } from '../../devices/nic.js';
import { type FibRoute, TABLE_LOCAL } from '../../kernel/fib.js';
import type { Netns } from '../../kernel/netns.js';
import type { SimNetwork } from '../../sim-network.js';
import { Beyond, UnknownCard } from './unknown-end.js';

const ROUTER = 'underlay';
const BEYOND = 'beyond';
const NO_MAC = '00:00:00:00:00:00' as MacAddress;

/** What is on one link. */
interface Segment {
  readonly medium: Switch;
  readonly cards: Nic[];
  /** Addresses of the cards with their subnets, and of next hops that are on the link. */
  readonly prefixes: Set<IpPrefix>;
  readonly addresses: Set<IpAddress>;
  readonly gateways: Map<IpAddress, MacAddress | undefined>;
}

/**
 * Cards whose addresses share a subnet, or whose next hop is the same, are on one switch; what else is on it is not known.
 * A router that no snapshot tells of has the gateways' addresses, and the MACs that neighbor tables have for them.
 */
export function joinCards(network: SimNetwork, note: (text: string) => void): void {
  const segments: Segment[] = [];
  for (const netns of network.namespaces)
    for (const device of netns.devices) if (device instanceof Nic) place(network, segments, netns, device);
  const known = segments.filter(({ cards }) => cards.length > 0);
  if (known.length === 0) return;
  if (known.some(({ gateways }) => gateways.size > 0)) addRouter(network, known, note);
  const beyond = network.addNetns(freeName(network, BEYOND), { isBare: true });
  for (const [i, { medium, cards }] of known.entries()) {
    const where = `${cards.map(({ name, netns }) => `${name} of ${netns.name}`).join(', ')} lead out of what is known`;
    const options = { name: `eth${i}`, mac: NO_MAC, mtu: mtuOf(cards), up: true, network, where };
    medium.plug(beyondCard(beyond, options));
  }
}

function beyondCard(netns: Netns, options: ConstructorParameters<typeof UnknownCard>[1]): UnknownCard {
  const card = new UnknownCard(netns, options);
  netns.addDevice(card);
  return card;
}

const mtuOf = (cards: readonly Nic[]): number => cards.reduce((most, { mtu }) => Math.max(most, mtu), 0);

function place(network: SimNetwork, segments: Segment[], netns: Netns, card: Nic): void {
  const names = namesOf(card);
  const own = names
    .flatMap((name) => netns.addressesOf(name))
    .filter(({ scope }) => scope === 'global')
    .map(({ address }) => address);
  const subnets = own.map(prefixOf);
  const routes = viaRoutes(netns, names).filter(({ onlink }) => onlink !== true || own.length > 0);
  const keys = [...subnets, ...routes.map(({ via }) => hostPrefix(via!))];
  const found = segments.find((one) => keys.some((key) => one.prefixes.has(key)));
  const segment = found ?? emptySegment(network);
  if (found === undefined) segments.push(segment);
  segment.cards.push(card);
  segment.medium.plug(card);
  for (const key of keys) segment.prefixes.add(key);
  for (const address of own) segment.addresses.add(prefixAddress(address));
  for (const { via, prefix } of routes) {
    const isOfHost = [...network.namespaces].some(({ fib }) => fib.isLocal(via!));
    if (isOfHost || !leadsToCards(network, prefix)) continue;
    const mac = names.map((name) => netns.neighbors.get(name, via!)?.mac).find(Boolean);
    segment.gateways.set(via!, segment.gateways.get(via!) ?? mac);
  }
}

const emptySegment = ({ clock, random }: SimNetwork): Segment => ({
  medium: new Switch(clock, random),
  cards: [],
  prefixes: new Set(),
  addresses: new Set(),
  gateways: new Map(),
});

/** The card's own, and its bridge's: that has the addresses where there is one. */
const namesOf = ({ name, master }: Nic): string[] => [name, ...(master === undefined ? [] : [master.name])];

function viaRoutes(netns: Netns, names: readonly string[]): FibRoute[] {
  return [...netns.fib.all()]
    .filter(({ table }) => table !== TABLE_LOCAL)
    .map(({ route }) => route)
    .filter(({ via, dev }) => via !== undefined && dev !== undefined && names.includes(dev));
}

/** A next hop of a pod subnet is another host, and one that does not pass on what is for others. */
function leadsToCards({ namespaces }: SimNetwork, prefix: IpPrefix): boolean {
  if (prefixLength(prefix) === 0) return true;
  return [...namespaces].some((netns) =>
    [...netns.devices].some(
      (device) =>
        device instanceof Nic &&
        netns.addressesOf(device.name).some(({ address }) => contains(prefix, prefixAddress(address))),
    ),
  );
}

function addRouter(network: SimNetwork, segments: readonly Segment[], note: (text: string) => void): void {
  const router = network.addNetns(freeName(network, ROUTER));
  router.sysctls.set('net/ipv4/ip_forward', '1');
  router.sysctls.set('net/ipv6/conf/all/forwarding', '1');
  let count = 0;
  for (const segment of segments) {
    for (const [gateway, mac] of byMac(segment)) {
      const options = {
        name: `eth${count++}`,
        mac: mac ?? network.nextMac(),
        mtu: mtuOf(segment.cards),
        up: true,
      };
      const card = new Nic(router, options);
      segment.medium.plug(card);
      router.addDevice(card);
      for (const address of gateway) addGateway(router, card, address, segment);
    }
  }
  const beyond = new Beyond(router, { name: BEYOND, mac: NO_MAC, mtu: 65_535, up: true });
  router.addDevice(beyond);
  for (const prefix of ['0.0.0.0/0', '::/0'] as IpPrefix[])
    router.fib.append({ prefix, type: 'unicast', dev: BEYOND, metric: 0xffff });
  const gateways = segments.flatMap((one) => [...one.gateways.keys()]).join(', ');
  note(
    `no snapshot shows the router ${gateways}: it is taken to pass on all that is for hosts of the snapshots`,
  );
}

/** Gateways whose MACs are not known, or the same, are on one card. */
function byMac({ gateways }: Segment): [IpAddress[], MacAddress | undefined][] {
  const macs = new Map<MacAddress | undefined, IpAddress[]>();
  for (const [address, mac] of gateways) macs.set(mac, [...(macs.get(mac) ?? []), address]);
  return [...macs].map(([mac, addresses]) => [addresses, mac]);
}

function addGateway(router: Netns, card: Nic, gateway: IpAddress, { prefixes, addresses }: Segment): void {
  const around = [...prefixes].filter((one) => familyOf(one) === familyOf(gateway) && contains(one, gateway));
  const length = Math.min(addressBits(gateway), ...around.map(prefixLength));
  router.addAddress(card.name, `${gateway}/${length}` as Parameters<Netns['addAddress']>[1], 'global');
  for (const address of addresses) {
    if (familyOf(address) !== familyOf(gateway)) continue;
    router.fib.append({ prefix: hostPrefix(address), type: 'unicast', dev: card.name, metric: 0 });
  }
}

const hostPrefix = (address: IpAddress): IpPrefix => `${address}/${addressBits(address)}` as IpPrefix;

export function freeName(network: SimNetwork, wanted: string): string {
  return network.netns(wanted) === undefined ? wanted : freeName(network, `${wanted}'`);
}
