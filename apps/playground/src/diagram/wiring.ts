/** Which part each device plays on a host, and which of the links that join hosts it is on. */
import type { IpPrefix } from '@podlan/wire';
import type { DeviceView, PlaceView } from '../scene/scene-view';

/** A host with its pods, from them outwards. */
export interface HostWiring {
  readonly host: PlaceView;
  readonly pods: readonly PlaceView[];
  /** Of bridges: the host's ends of the pods' cables. */
  readonly ports: readonly DeviceView[];
  readonly bridges: readonly DeviceView[];
  /** Where packets are wrapped, and whatever else leads nowhere outside by itself. */
  readonly overlays: readonly DeviceView[];
  readonly uplinks: readonly DeviceView[];
  /** A program carries the packets of an overlay. */
  readonly hasProgram: boolean;
  readonly link: IpPrefix | undefined;
}

/** What hosts reach one another by without a router. */
export interface Link {
  readonly prefix: IpPrefix;
  readonly hosts: readonly HostWiring[];
}

export interface Wiring {
  readonly links: readonly Link[];
  /** Those whose uplink has no address. */
  readonly loose: readonly HostWiring[];
  readonly routers: readonly PlaceView[];
}

export function wiringOf(places: readonly PlaceView[]): Wiring {
  const hosts = places
    .filter(({ kind }) => kind === 'host')
    .map((host) =>
      hostWiring(
        host,
        places.filter((place) => place.kind === 'pod' && place.node === host.name),
      ),
    );
  const prefixes = [...new Set(hosts.flatMap(({ link }) => link ?? []))];
  return {
    links: prefixes.map((prefix) => ({ prefix, hosts: hosts.filter(({ link }) => link === prefix) })),
    loose: hosts.filter(({ link }) => link === undefined),
    routers: places.filter(({ kind }) => kind === 'router'),
  };
}

function hostWiring(host: PlaceView, pods: readonly PlaceView[]): HostWiring {
  const devices = host.devices.filter(({ type }) => type !== 'loopback');
  const bridges = devices.filter(({ type }) => type === 'bridge');
  const isPod = (name: string) => pods.some((pod) => pod.name === name);
  const isPort = ({ master, peer }: DeviceView) =>
    master !== undefined || (peer !== undefined && isPod(peer.place));
  const ports = devices.filter((device) => device.type !== 'bridge' && isPort(device));
  const others = devices.filter((device) => !bridges.includes(device) && !ports.includes(device));
  const uplinks = others.filter(({ type }) => type === 'nic' || type === 'veth');
  const overlays = others.filter((device) => !uplinks.includes(device));
  const prefixes = uplinks.flatMap((device) => device.prefixes);
  return {
    ...{ host, pods, ports, bridges, overlays, uplinks },
    hasProgram: overlays.some(({ type }) => type === 'tap' || type === 'tun'),
    link: prefixes.find((one) => !one.startsWith('fe80:')),
  };
}
