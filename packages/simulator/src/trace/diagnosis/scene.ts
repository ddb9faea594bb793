/** A probe's way together with the network it went through: what the rules of a diagnosis ask. */
import { contains, prefixOf } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, type MacAddress, prefixAddress } from '@podlan/wire';
import { Bridge } from '../../devices/bridge.js';
import type { Device } from '../../devices/device.js';
import { Tun } from '../../devices/tun.js';
import { Veth } from '../../devices/veth.js';
import { Vxlan } from '../../devices/vxlan.js';
import type { FibRoute } from '../../kernel/fib.js';
import { readIp } from '../../kernel/ip-packet.js';
import type { NetworkPlace, PlacedNetwork } from '../../network-place.js';
import type { Hop, Leg, MatchedRow } from '../journey.js';
import type { ProbeResult } from '../probe.js';

/** Who has an address, and on which device. */
export interface Owner {
  readonly place: NetworkPlace;
  readonly device: Device;
}

/** A routing decision about the probe's own packet, on a host or in a pod. */
export interface Decision {
  readonly place: NetworkPlace;
  readonly route: FibRoute;
  readonly hop: Hop;
}

export type RowOf<T extends MatchedRow['table']> = Extract<MatchedRow, { table: T }>;

export class Scene {
  readonly result: ProbeResult;
  readonly places: readonly NetworkPlace[];
  /** The part of the way that did not succeed, or the whole way there. */
  readonly leg: Leg;
  readonly hops: readonly Hop[];
  /** Where that part leads. */
  readonly destination: IpAddress;
  /** Absent where nobody said that he threw it away: among those who got a copy, it was for none. */
  readonly lost: Hop | undefined;
  readonly owners: readonly Owner[];

  constructor(result: ProbeResult, { places }: PlacedNetwork) {
    this.result = result;
    this.places = places;
    this.leg = result.arrived && !result.answered ? 'reply' : 'request';
    this.hops = result.hops.filter(({ leg }) => leg === this.leg);
    this.lost = result.lost;
    this.destination =
      this.leg === 'request' ? result.destination : (sourceOf(result.packet) ?? result.destination);
    this.owners = this.ownersOf(this.destination);
  }

  /** The node that the destination is on; undefined where nobody, or more than one, has it. */
  get destinationNode(): string | undefined {
    const nodes = new Set(this.owners.map(({ place }) => place.node));
    return nodes.size === 1 ? [...nodes][0] : undefined;
  }

  get isToPod(): boolean {
    return this.owners.some(({ place }) => place.kind === 'pod');
  }

  place(netns: string): NetworkPlace | undefined {
    return this.places.find(({ name }) => name === netns);
  }

  hostOf(node: string | undefined): NetworkPlace | undefined {
    return this.places.find((place) => place.node === node && place.kind === 'host');
  }

  /** Everybody has 127.0.0.1, and is no owner of it. */
  ownersOf(address: IpAddress): Owner[] {
    return this.places.flatMap((place) => {
      const found = place.netns.addresses.filter(
        (one) => one.scope !== 'host' && prefixAddress(one.address) === address,
      );
      return found.flatMap(({ dev }) => place.netns.device(dev) ?? []).map((device) => ({ place, device }));
    });
  }

  /** Who is reached by an address: who has it, and the host that others know by it. */
  placesBehind(address: IpAddress): NetworkPlace[] {
    const known = this.places.filter(({ publicIps }) => publicIps?.includes(address));
    return [...this.ownersOf(address).map(({ place }) => place), ...known];
  }

  hasPods({ node }: NetworkPlace): boolean {
    return this.places.some((one) => one.node === node && one.kind === 'pod');
  }

  /** Who has a MAC: of two, the first. */
  ownerOfMac(mac: MacAddress): Owner | undefined {
    for (const place of this.places)
      for (const device of place.netns.devices) if (device.mac === mac) return { place, device };
    return undefined;
  }

  /** What the tables on the way said about the probe itself, in order. */
  get decisions(): Decision[] {
    return this.hops.flatMap((hop) => {
      const place = this.place(hop.netns);
      if (hop.event !== 'route' || hop.row?.table !== 'route' || place === undefined) return [];
      return destinationOf(hop) === this.destination ? [{ place, route: hop.row.route, hop }] : [];
    });
  }

  /** Hops of the leg that matched a row of this table. */
  rows<T extends MatchedRow['table']>(table: T): { readonly hop: Hop; readonly row: RowOf<T> }[] {
    return this.hops.flatMap((hop) => (hop.row?.table === table ? [{ hop, row: hop.row as RowOf<T> }] : []));
  }

  /** Whether what was lost is the probe itself, and no outer packet that carries it. */
  get lostItself(): boolean {
    return this.lost !== undefined && destinationOf(this.lost) === this.destination;
  }

  /** The host's end of the veth pair to the one pod that has the destination. */
  get podPort(): Veth | undefined {
    const [owner] = this.owners;
    return owner?.place.kind === 'pod' && owner.device instanceof Veth ? owner.device.peer : undefined;
  }

  /** The bridge that serves the destination's subnet on its host: the pod's port is on it, or should be. */
  bridgeFor(host: NetworkPlace): Bridge | undefined {
    const master = this.podPort?.netns === host.netns ? this.podPort.master : undefined;
    if (master !== undefined) return master;
    const bridges = [...host.netns.devices].filter((device): device is Bridge => device instanceof Bridge);
    return (
      bridges.find((bridge) => this.hasSubnet(host, bridge.name)) ??
      bridges.find(({ name }) => name === 'cni0')
    );
  }

  /** Whether an address of the device has the destination in its subnet. */
  hasSubnet({ netns }: NetworkPlace, dev: string): boolean {
    return netns
      .addressesOf(dev, familyOf(this.destination))
      .some(({ address, scope }) => scope === 'global' && contains(prefixOf(address), this.destination));
  }
}

/** Devices that lead to other hosts' pods. */
export const overlaysOf = ({ netns }: NetworkPlace): (Vxlan | Tun)[] =>
  [...netns.devices].filter(
    (device): device is Vxlan | Tun => device instanceof Vxlan || device instanceof Tun,
  );

/** Of the IP packet that a hop is about, in a frame or bare. */
export function destinationOf({ before, isFrame }: Hop): IpAddress | undefined {
  return readIp(isFrame ? before.subarray(14) : before)?.destination;
}

const sourceOf = (packet: Uint8Array): IpAddress | undefined => readIp(packet)?.source;

/** As a finding names it. */
export const nameOf = ({ kind, name, node }: NetworkPlace): string => (kind === 'pod' ? name : node);
