/** The way of an IP packet that leaves (net/ipv4/ip_output.c, net/ipv6/ip6_output.c). */
import {
  BROADCAST_MAC,
  EtherType,
  type IpAddress,
  ipToBytes,
  type MacAddress,
  macFromBytes,
  macToBytes,
  prefixLength,
} from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { type FibMatch, type FibRoute, TABLE_LOCAL } from './fib.js';
import { routeText } from './fib-text.js';
import { passHook, passOutput } from './hooks.js';
import { sendError } from './icmp.js';
import { dropOff, refuse } from './ip-input.js';
import { fragmentIpv4, fragmentIpv6, type IpHeader, readIp } from './ip-packet.js';
import { isIpv6Off } from './ipv6-switch.js';
import { type NeighborEntry, neighborText } from './neighbors.js';
import type { Netns } from './netns.js';
import { type Packet, withBytes } from './packet.js';

/** How this host sends a packet of its own. */
export interface OutputOptions {
  /** The device it must leave by. */
  readonly oif?: string;
  /**
   * An IPv6 packet that is too large is not cut: `ping -M do` asks for it, and what a tunnel device wraps never is. An
   * IPv4 packet says so itself.
   */
  readonly dontFragment?: boolean;
}

const FRAME_HEADER_BYTES = 14;

/** A packet that this host sends: with a whole header, source included. */
export function sendIp(netns: Netns, packet: Packet, options: OutputOptions = {}): void {
  const { oif } = options;
  const ip = readIp(packet.bytes);
  if (ip === undefined) {
    netns.drop(packet, 'malformed', 'no IP packet that is whole');
    return;
  }
  if (isMulticastAddress(ip.destination) && oif !== undefined) {
    sendOnLink(netns, packet, ip, oif);
    return;
  }
  const first = routeOut(netns, packet, packet.mark, oif);
  const met = first && passOutput(netns, packet, first.dev!);
  if (met === undefined) return;
  const { packet: passed, rerouteMark } = met;
  const leaving = rerouteMark === undefined ? first : routeOut(netns, passed, rerouteMark, oif);
  if (leaving === undefined) return;
  const mtu = mtuOf(netns, leaving);
  const isWhole = ip.family === 4 ? ip.dontFragment : options.dontFragment === true;
  if (passed.bytes.length > mtu && isWhole) {
    const text = `${passed.bytes.length} bytes, and ${leaving.dev} takes ${mtu} (EMSGSIZE)`;
    netns.drop(passed, 'too-big', text, { device: leaving.dev! });
    return;
  }
  finishOutput(netns, passed, leaving, {});
}

/** Undefined where there is no way, which is told. */
function routeOut(netns: Netns, packet: Packet, mark: number, oif: string | undefined): FibRoute | undefined {
  const ip = readIp(packet.bytes)!;
  const { destination, source } = ip;
  const match =
    netns.fib.lookup({ destination, source, mark, ...(oif && { oif }) }) ??
    (oif !== undefined && netns.device(oif)?.up ? onLink(ip, oif) : undefined);
  if (match === undefined) {
    netns.drop(packet, 'no-route', `no route to ${destination} (ENETUNREACH)`);
    return undefined;
  }
  const { route, table } = match;
  if (route.type !== 'unicast' && table !== TABLE_LOCAL) {
    refuse(netns, packet, match);
    return undefined;
  }
  tellRoute(netns, packet, match);
  return route.type === 'local' ? { ...route, dev: 'lo' } : route;
}

/** Asked for a device without a route by it, the kernel takes the destination to be on its link, while that is up. */
function onLink({ destination, family }: IpHeader, oif: string | undefined): FibMatch | undefined {
  if (oif === undefined) return undefined;
  const prefix = `${destination}/${family === 4 ? 32 : 128}` as FibRoute['prefix'];
  return { route: { prefix, type: 'unicast', dev: oif, metric: 0 }, table: 0 };
}

function sendOnLink(netns: Netns, packet: Packet, ip: IpHeader, dev: string): void {
  const match = onLink(ip, dev);
  if (match !== undefined) finishOutput(netns, packet, match.route, {});
}

export function tellRoute(netns: Netns, packet: Packet, match: FibMatch): void {
  if (packet.trace === undefined) return;
  const text = routeText(match);
  netns.tell(packet, 'route', text, { row: { table: 'route', text, route: match.route } });
}

export function mtuOf(netns: Netns, { dev, mtu }: FibRoute): number {
  const ofDevice = netns.device(dev!)?.mtu ?? 0;
  return mtu === undefined ? ofDevice : Math.min(mtu, ofDevice);
}

/** Behind the decisions: the last rules, cutting, the next hop's MAC, and the device. */
export function finishOutput(
  netns: Netns,
  packet: Packet,
  route: FibRoute,
  { iif }: { readonly iif?: string },
): void {
  const device = netns.device(route.dev!);
  if (device === undefined) {
    netns.drop(packet, 'device-down', `${route.dev} is gone`);
    return;
  }
  if (packet.bytes[0]! >> 4 === 6 && isIpv6Off(netns, device.name)) {
    dropOff(netns, packet, device.name);
    return;
  }
  const passed = passHook(netns, 'postrouting', packet, { oif: device.name, ...(iif && { iif }) });
  if (passed === undefined) return;
  const ip = readIp(passed.bytes)!;
  const nextHop = nextHopOf(route, ip.destination);
  const mtu = Math.min(mtuOf(netns, route), passed.largestFragment ?? Number.POSITIVE_INFINITY);
  if (passed.bytes.length <= mtu) {
    output(netns, passed, device, route, nextHop);
    return;
  }
  const pieces =
    ip.family === 4
      ? fragmentIpv4(passed.bytes, mtu)
      : fragmentIpv6(passed.bytes, mtu, netns.nextIdentification());
  if (pieces.length === 0) {
    const text = `no fragment fits into the ${mtu} bytes that ${device.name} takes`;
    netns.drop(passed, 'too-big', text, { device: device.name });
    return;
  }
  netns.tell(
    passed,
    'fragment',
    `into ${pieces.length} fragments for ${device.name}, which takes ${mtu} bytes`,
  );
  const { largestFragment: _, ...cut } = passed;
  for (const piece of pieces) output(netns, withBytes(cut, piece), device, route, nextHop);
}

/** What is for a group stays on the link, where nothing but a default route leads to it (__mkroute_output). */
function nextHopOf({ via, prefix }: FibRoute, destination: IpAddress): IpAddress {
  const isByDefault = prefixLength(prefix) < 4 && isMulticastAddress(destination);
  return via === undefined || isByDefault ? destination : via;
}

function output(netns: Netns, packet: Packet, device: Device, route: FibRoute, nextHop: IpAddress): void {
  if (!device.hasLinkLayer) {
    device.transmit(packet);
    return;
  }
  if (device.name === 'lo') {
    transmit(device, packet, device.mac);
    return;
  }
  if (route.type === 'broadcast') {
    transmit(device, packet, BROADCAST_MAC);
    return;
  }
  if (isMulticastAddress(nextHop)) {
    transmit(device, packet, multicastMac(nextHop));
    return;
  }
  netns.neighbors.resolve(
    device,
    nextHop,
    packet,
    (mac, entry) => {
      tellNeighbor(netns, packet, entry);
      transmit(device, packet, mac);
    },
    () => unresolved(netns, packet, device, nextHop),
  );
}

function unresolved(netns: Netns, packet: Packet, device: Device, nextHop: IpAddress): void {
  const row = { table: 'neighbor', text: `${nextHop} dev ${device.name} FAILED`, address: nextHop } as const;
  netns.drop(packet, 'neighbor-unresolved', `nobody on ${device.name} answers for ${nextHop}`, {
    row,
    device: device.name,
  });
  sendError(netns, packet, { kind: 'host-unreachable' });
}

export function tellNeighbor(netns: Netns, packet: Packet, entry: NeighborEntry): void {
  if (packet.trace === undefined) return;
  const text = neighborText(entry);
  const { address, mac } = entry;
  netns.tell(packet, 'neighbor', text, {
    row: { table: 'neighbor', text, address, ...(mac && { mac }) },
    device: entry.device.name,
  });
}

function transmit(device: Device, packet: Packet, destination: MacAddress): void {
  const type = packet.bytes[0]! >> 4 === 4 ? EtherType.ipv4 : EtherType.ipv6;
  device.transmit(withBytes(packet, frame(destination, device.mac, type, packet.bytes)));
}

export function frame(
  destination: MacAddress,
  source: MacAddress,
  etherType: number,
  payload: Uint8Array,
): Uint8Array {
  const bytes = new Uint8Array(FRAME_HEADER_BYTES + payload.length);
  bytes.set(macToBytes(destination), 0);
  bytes.set(macToBytes(source), 6);
  bytes[12] = etherType >> 8;
  bytes[13] = etherType & 0xff;
  bytes.set(payload, FRAME_HEADER_BYTES);
  return bytes;
}

export const isMulticastAddress = (address: IpAddress): boolean =>
  address.startsWith('ff') || (!address.includes(':') && (Number.parseInt(address, 10) & 0xf0) === 224);

/** RFC 1112 section 6.4, RFC 2464 section 7. */
function multicastMac(address: IpAddress): MacAddress {
  const bytes = ipToBytes(address);
  if (bytes.length === 16) return macFromBytes(Uint8Array.of(0x33, 0x33, ...bytes.slice(12)));
  return macFromBytes(Uint8Array.of(1, 0, 0x5e, bytes[1]! & 0x7f, bytes[2]!, bytes[3]!));
}
