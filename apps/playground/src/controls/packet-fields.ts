/** What is typed into the form of a packet, and the packet that it is. */
import type { PlaceView } from '../scene/scene-view';
import type { PacketShape } from '../state/playground-state';

export interface PacketFields {
  readonly from: string;
  readonly to: string;
  readonly protocol: PacketShape['protocol'];
  /** Numbers as they are typed; empty where nothing is. */
  readonly port: string;
  readonly size: string;
  readonly dontFragment: boolean;
  readonly family: '' | '4' | '6';
}

/** As the last packet; without one from the first pod to the first of another host. */
export function usualFields(places: readonly PlaceView[], packet: PacketShape | undefined): PacketFields {
  const pods = places.filter(({ kind }) => kind === 'pod');
  const ends = pods.length > 1 ? pods : places;
  const from = places.find(({ name }) => name === packet?.from) ?? ends[0];
  const to = ends.find(({ node }) => node !== from?.node) ?? ends.find((place) => place !== from);
  const { protocol = 'icmp', port, size, dontFragment = false, family } = packet ?? {};
  return {
    ...{ from: from?.name ?? '', to: packet?.to ?? to?.name ?? '', protocol, dontFragment },
    ...{ port: port === undefined ? '8080' : `${port}`, size: size === undefined ? '' : `${size}` },
    family: family === undefined ? '' : (`${family}` as '4' | '6'),
  };
}

export function packetOf({
  from,
  to,
  protocol,
  port,
  size,
  dontFragment,
  family,
}: PacketFields): PacketShape {
  return {
    ...{ from, to: to.trim(), protocol },
    ...(protocol !== 'icmp' && port !== '' && { port: Number(port) }),
    ...(size !== '' && { size: Number(size) }),
    ...(dontFragment && { dontFragment }),
    ...(family !== '' && { family: family === '4' ? 4 : 6 }),
  };
}
