/** The way of an IP packet that came in (net/ipv4/ip_input.c, ip_forward.c; net/ipv6/ip6_input.c, ip6_output.c). */
import type { Device } from '../devices/device.js';
import type { Hook } from '../netfilter/passage.js';
import { type FibMatch, type FibRoute, leadsBy, TABLE_LOCAL } from './fib.js';
import { routeText } from './fib-text.js';
import { passHook } from './hooks.js';
import { deliverIcmp, sendError } from './icmp.js';
import { finishOutput, mtuOf, tellRoute } from './ip-output.js';
import { type IpHeader, readIp, withLowerTtl } from './ip-packet.js';
import { isIpv6Off, switchRow } from './ipv6-switch.js';
import type { Netns } from './netns.js';
import { type Packet, withBytes } from './packet.js';

/** A packet with what was read of it. */
interface Arrival {
  readonly packet: Packet;
  readonly ip: IpHeader;
  readonly device: Device;
}

/** `isGroup`: it came in a frame for more than one. */
export function receiveIp(netns: Netns, device: Device, arrived: Packet, isGroup = false): void {
  const before = readIp(arrived.bytes);
  if (before === undefined) {
    netns.drop(arrived, 'malformed', 'no IP packet that is whole', { device: device.name });
    return;
  }
  if (before.family === 6 && isIpv6Off(netns, device.name)) {
    if (!isGroup) dropOff(netns, arrived, device.name);
    return;
  }
  const trimmed = before.end < arrived.bytes.length ? arrived.bytes.subarray(0, before.end) : arrived.bytes;
  const gathered = gather(netns, withBytes(arrived, trimmed));
  const packet = gathered && prerouted(netns, gathered, device);
  if (packet === undefined) return;
  const ip = readIp(packet.bytes)!;
  const arrival = { packet, ip, device };
  if (isMulticast(ip)) {
    if (isGroup) deliver(netns, arrival);
    return;
  }
  const match = netns.fib.lookup(flowOf(arrival));
  if (isMartian(netns, arrival)) return;
  if (match?.table === TABLE_LOCAL && (match.route.type === 'local' || match.route.type === 'broadcast')) {
    tellRoute(netns, packet, match);
    deliver(netns, arrival);
    return;
  }
  if (isGroup && ip.family === 4) {
    netns.drop(packet, 'not-for-this-host', 'a packet for one in a frame for all');
    return;
  }
  forward(netns, arrival, match);
}

/** What is for all is thrown away by many, and nobody's loss. */
export const dropOff = (netns: Netns, packet: Packet, device: string): void =>
  netns.drop(packet, 'ipv6-disabled', `IPv6 is switched off on ${device}`, {
    row: switchRow(device),
    device,
  });

/**
 * Where connections are followed, fragments go no further until they are whole (nf_defrag_ipv4, nf_defrag_ipv6).
 * Undefined where pieces are missing.
 */
export function gather(netns: Netns, packet: Packet): Packet | undefined {
  if (!netns.netfilter.tracksConnections) return packet;
  const ip = readIp(packet.bytes);
  return ip?.isFragment ? netns.fragments.add(netns, packet, ip) : packet;
}

/** ip_sabotage_in: once is enough. */
function prerouted(netns: Netns, packet: Packet, device: Device): Packet | undefined {
  const { metRulesOnBridge, ...onward } = packet;
  return metRulesOnBridge ? onward : hook(netns, 'prerouting', packet, device.name);
}

function hook(netns: Netns, name: Hook, packet: Packet, iif: string, oif?: string): Packet | undefined {
  return passHook(netns, name, packet, { iif, ...(oif && { oif }) });
}

const flowOf = ({ packet, ip, device }: Arrival) => ({
  destination: ip.destination,
  source: ip.source,
  iif: device.name,
  mark: packet.mark,
});

const isMulticast = ({ family, destination }: IpHeader): boolean => {
  if (family === 6) return destination.startsWith('ff');
  const first = Number.parseInt(destination, 10);
  return first >= 224 && first <= 239;
};

/** fib_validate_source: a source that is ours, or that is not reached by where it came from. */
function isMartian(netns: Netns, { packet, ip, device }: Arrival): boolean {
  if (ip.family === 6 || device.name === 'lo') return false;
  const { source } = ip;
  if (netns.fib.isLocal(source) && netns.sysctls.any(device.name, 'accept_local')) return false;
  if (netns.fib.isLocal(source)) {
    netns.drop(
      packet,
      'martian-source',
      `${source} is an address of this host, and came in by ${device.name}`,
    );
    return true;
  }
  const filter = netns.sysctls.largest(device.name, 'rp_filter');
  if (filter === 0) return false;
  const mark = netns.sysctls.any(device.name, 'src_valid_mark') ? packet.mark : 0;
  const back = netns.fib.lookup({ destination: source, source: ip.destination, mark });
  const isUnicast = back?.route.type === 'unicast';
  if (isUnicast && (filter === 2 || leadsBy(back.route, device.name))) return false;
  const way =
    back === undefined ? 'no route leads' : `the route back leads by ${back.route.dev ?? back.route.type}`;
  netns.drop(packet, 'reverse-path', `rp_filter=${filter} on ${device.name}: ${way} to ${source}`, {
    row: { table: 'sysctl', text: `net.ipv4.conf.${device.name}.rp_filter = ${filter}` },
    device: device.name,
  });
  return true;
}

function deliver(netns: Netns, { packet: arrived, ip, device }: Arrival): void {
  const whole = ip.isFragment ? netns.fragments.add(netns, arrived, ip) : arrived;
  if (whole === undefined) return;
  const packet = hook(netns, 'input', whole, device.name);
  if (packet === undefined) return;
  const header = readIp(packet.bytes);
  if (header === undefined) return;
  if (deliverIcmp(netns, device, packet, header)) return;
  netns.sockets.deliver(device, packet, header);
}

/** ip_forward: time to live first, then whether there is a way, then whether it is wide enough, then the rules. */
function forward(netns: Netns, arrival: Arrival, match: FibMatch | undefined): void {
  const { packet, ip, device } = arrival;
  const { family, destination } = ip;
  if (!netns.sysctls.isForwarding(family, device.name)) {
    const key = family === 4 ? 'net.ipv4.ip_forward' : 'net.ipv6.conf.all.forwarding';
    const row = { table: 'sysctl', text: `${key} = 0` } as const;
    netns.drop(packet, 'not-forwarding', `not for this host, which does not forward (${key})`, {
      row,
      device: device.name,
    });
    return;
  }
  if (match === undefined) {
    netns.drop(packet, 'no-route', `no route to ${destination}`);
    sendError(netns, packet, { kind: 'no-route' });
    return;
  }
  const { route } = match;
  if (route.type !== 'unicast') {
    refuse(netns, packet, match);
    return;
  }
  tellRoute(netns, packet, match);
  if (ip.ttl <= 1) {
    netns.drop(packet, 'ttl-exceeded', `time to live ended on the way to ${destination}`);
    sendError(netns, packet, { kind: 'ttl' });
    return;
  }
  const mtu = mtuOf(netns, route);
  // What came in pieces goes on in pieces (ip_exceeds_mtu, ip6_pkt_too_big).
  if ((packet.largestFragment ?? packet.bytes.length) > mtu && ip.dontFragment) {
    netns.drop(packet, 'too-big', `${packet.bytes.length} bytes, and ${route.dev} takes ${mtu}`, {
      device: route.dev!,
    });
    sendError(netns, packet, { kind: 'too-big', mtu });
    return;
  }
  const lowered = withBytes(packet, withLowerTtl(packet.bytes));
  const passed = hook(netns, 'forward', lowered, device.name, route.dev);
  if (passed === undefined) return;
  netns.tell(passed, 'forward', `from ${device.name} to ${route.dev}`, {
    before: packet.bytes,
    after: passed.bytes,
  });
  finishOutput(netns, passed, route, { iif: device.name });
}

/** A route that says no. */
export function refuse(netns: Netns, packet: Packet, match: FibMatch): void {
  const { route } = match;
  const text = routeText(match);
  const row = { table: match.rule === undefined ? 'route' : 'rule', text, route } as const;
  const reasons = { unreachable: 'unreachable-route', prohibit: 'prohibit-route' } as const;
  const type = route.type as FibRoute['type'] & ('unreachable' | 'prohibit');
  netns.drop(packet, reasons[type] ?? 'blackhole-route', text, { row });
  if (route.type === 'unreachable') sendError(netns, packet, { kind: 'host-unreachable' });
  if (route.type === 'prohibit') sendError(netns, packet, { kind: 'prohibited' });
}
