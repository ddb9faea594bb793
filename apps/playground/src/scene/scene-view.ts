/** A scene as plain data to be drawn: places with their devices and how these are joined, and the rows of their tables. */
import { prefixOf } from '@podlan/linux/prefix';
import { type NetworkPlace, type PlacedNetwork, type TableRow, tablesOf } from '@podlan/simulator';
import type { InterfaceAddress, IpAddress, IpPrefix, MacAddress } from '@podlan/wire';

/** The end of a cable. */
export interface DeviceEnd {
  readonly place: string;
  readonly device: string;
}

export interface DeviceView {
  readonly name: string;
  /** nic, veth, bridge, vxlan, tap, tun, loopback, or what the kernel calls it. */
  readonly type: string;
  readonly mac: MacAddress;
  readonly mtu: number;
  readonly up: boolean;
  readonly carrier: boolean;
  readonly addresses: readonly InterfaceAddress[];
  /** Those that its addresses are on. */
  readonly prefixes: readonly IpPrefix[];
  /** The bridge that it is a port of. */
  readonly master?: string;
  /** The other end of a veth pair. */
  readonly peer?: DeviceEnd;
}

export interface PlaceView {
  readonly name: string;
  readonly node: string;
  /** `router` is what joins the hosts where they do not share a link, and all that is outside. */
  readonly kind: 'host' | 'pod' | 'router';
  readonly addresses: readonly IpAddress[];
  readonly devices: readonly DeviceView[];
  readonly rows: readonly TableRow[];
}

export const viewOf = ({ places }: PlacedNetwork): PlaceView[] => places.map(placeView);

function placeView({ name, node, kind, netns, addresses }: NetworkPlace): PlaceView {
  return {
    ...{ name, node, addresses },
    kind: name === 'underlay' ? 'router' : kind,
    devices: [...netns.devices].map((device) => deviceView(netns, device)),
    rows: tablesOf(netns),
  };
}

type Netns = NetworkPlace['netns'];
type Device = Netns['devices'] extends Iterable<infer D> ? D : never;

function deviceView(netns: Netns, device: Device): DeviceView {
  const { name, type, mac, mtu, up, carrier, master } = device;
  const peer = peerOf(device);
  const addresses = netns.addressesOf(name).map(({ address }) => address);
  return {
    ...{ name, type, mac, mtu, up, carrier },
    ...{ addresses, prefixes: addresses.map(prefixOf) },
    ...(master && { master: master.name }),
    ...(peer && { peer: { place: peer.netns.name, device: peer.name } }),
  };
}

const peerOf = (device: Device): Device | undefined =>
  'peer' in device ? (device.peer as Device | undefined) : undefined;
