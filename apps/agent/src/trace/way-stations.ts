/** Where a computed packet was seen on its way: the devices to look at for the real one. */
import type { Hop, Leg, NetworkPlace } from '@podlan/simulator';
import { type IpAddress, prefixAddress } from '@podlan/wire';
import { type PacketFacts, packetFacts } from './packet-facts.js';

/** A device, and what is looked for there. */
export interface Lookout {
  readonly netns: string;
  readonly device: string;
  readonly direction: 'in' | 'out';
  readonly leg: Extract<Leg, 'request' | 'reply'>;
  readonly linkType: 'ethernet' | 'raw';
  /** Frames to the MAC address of another do not count; on the ports of a bridge all are such. */
  readonly isTakenOnly?: boolean;
}

export interface Station extends Lookout {
  /** The packet, as it was there. */
  readonly facts: PacketFacts;
}

/** In the order in which they are passed, each once: of the way there, and of the way back. */
export function stationsOf(hops: readonly Hop[]): Station[] {
  const stations = new Map<string, Station>();
  for (const station of hops.flatMap(stationOf)) {
    const { leg, netns, device, direction } = station;
    const key = [leg, netns, device, direction].join(' ');
    if (!stations.has(key)) stations.set(key, station);
  }
  return [...stations.values()];
}

function stationOf({ netns, device, leg, event, before, isFrame }: Hop): Station[] {
  if (device === undefined || (leg !== 'request' && leg !== 'reply')) return [];
  if (event !== 'transmit' && event !== 'receive') return [];
  const linkType = isFrame ? 'ethernet' : 'raw';
  const facts = packetFacts(before, linkType);
  const direction = event === 'transmit' ? 'out' : 'in';
  return facts === undefined ? [] : [{ netns, device, direction, leg, linkType, facts }];
}

/** The device of whoever has the address, where the computed packet did not come that far. */
export function endBeyond(
  stations: readonly Station[],
  places: readonly NetworkPlace[],
  destination: IpAddress,
): Lookout | undefined {
  const place = places.find(({ addresses }) => addresses.includes(destination));
  const device = place?.netns.addresses.find(({ address }) => prefixAddress(address) === destination)?.dev;
  if (place === undefined || device === undefined) return undefined;
  const isPassed = stations.some((one) => one.netns === place.name && one.device === device);
  if (isPassed) return undefined;
  const lookout = {
    netns: place.name,
    device,
    direction: 'in',
    leg: 'request',
    linkType: 'ethernet',
  } as const;
  return { ...lookout, isTakenOnly: true };
}
