/** ICMP and ICMPv6 of a host: it answers echo requests, and tells senders what became of their packets. */
import {
  emitIcmp,
  emitIcmpv6,
  type IcmpMessage,
  IcmpUnreachable,
  type Icmpv6Message,
  Icmpv6Unreachable,
  type IpAddress,
  IpProtocol,
  icmpBytes,
  icmpv6Bytes,
  parseIcmp,
  parseIcmpv6,
} from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { isMulticastAddress, sendIp } from './ip-output.js';
import { type IpHeader, type IpParts, ipPacket, readIp } from './ip-packet.js';
import { receiveNeighborMessage } from './neighbor-questions.js';
import type { Netns } from './netns.js';
import { answerTo, type Packet } from './packet.js';

/** What is told. */
export type IcmpError =
  | { readonly kind: 'no-route' | 'host-unreachable' | 'port-unreachable' | 'prohibited' | 'ttl' }
  | { readonly kind: 'too-big'; readonly mtu: number };

/** IPTOS_PREC_INTERNETCONTROL. */
const INTERNETWORK_CONTROL = 0xc0;
/** RFC 1812, section 4.3.2.3: an error is no longer than what every host takes. */
const MOST_ERROR_BYTES = 576;
/** RFC 4443, section 3.1: as much as fits the smallest IPv6 MTU. */
const MOST_ERROR6_BYTES = 1280;
const HEADERS4 = 20 + 8;
const ECHO_IGNORED = { 4: 'net/ipv4/icmp_echo_ignore_all', 6: 'net/ipv6/icmp/echo_ignore_all' };
const HEADERS6 = 40 + 8;

/** Whether the packet was ICMP, and so needs no socket. */
export function deliverIcmp(netns: Netns, device: Device, packet: Packet, ip: IpHeader): boolean {
  const { protocol, family, payloadOffset, end, source, destination } = ip;
  const body = packet.bytes.subarray(payloadOffset, end);
  if (family === 4 && protocol === IpProtocol.icmp) {
    take(netns, packet, ip, parseIcmp(body));
    return true;
  }
  if (family === 4 || protocol !== IpProtocol.icmpv6) return false;
  const message = parseIcmpv6(body, { source, destination });
  if (message !== undefined && receiveNeighborMessage(netns, device, packet, source, message)) return true;
  take(netns, packet, ip, message);
  return true;
}

function take(
  netns: Netns,
  packet: Packet,
  ip: IpHeader,
  message: IcmpMessage | Icmpv6Message | undefined,
): void {
  if (message === undefined) {
    netns.drop(packet, 'malformed', 'no ICMP message that is whole');
    return;
  }
  if (message.kind !== 'echo-request') {
    netns.sockets.hear(packet, ip, message);
    return;
  }
  const key = ECHO_IGNORED[ip.family];
  if (netns.sysctls.get(key) !== '0') {
    const row = { table: 'sysctl', text: `${key.replaceAll('/', '.')} = 1` } as const;
    netns.drop(packet, 'echo-ignored', 'echo requests are not answered here', { row });
    return;
  }
  // icmp_echo_ignore_broadcasts, which is on unless somebody switches it off.
  if (netns.fib.isBroadcast(ip.destination)) {
    netns.drop(packet, 'echo-ignored', 'echo requests for all are not answered');
    return;
  }
  netns.tell(packet, 'deliver', `echo request for ${ip.destination}`);
  if (isMulticastAddress(ip.destination)) return;
  const { identifier, sequence, data } = message;
  const reply = { kind: 'echo-reply', identifier, sequence, data } as const;
  answer(netns, packet, 'reply', ip.destination, ip.source, reply, ip.family === 4 ? ip.trafficClass : 0);
}

function answer(
  netns: Netns,
  packet: Packet,
  leg: 'reply' | 'error',
  source: IpAddress,
  destination: IpAddress,
  message: IcmpMessage | Icmpv6Message,
  trafficClass: number,
): void {
  const bytes = icmpPacket(netns, source, destination, message, { trafficClass });
  sendIp(netns, answerTo(packet, bytes, packet.trace?.leg === 'request' ? leg : (packet.trace?.leg ?? leg)));
}

/** A whole packet with a message in it. */
export function icmpPacket(
  netns: Netns,
  source: IpAddress,
  destination: IpAddress,
  message: IcmpMessage | Icmpv6Message,
  header: Partial<Pick<IpParts, 'ttl' | 'trafficClass' | 'dontFragment'>> = {},
): Uint8Array {
  const isIpv6 = source.includes(':');
  const identification = isIpv6 ? 0 : netns.nextIdentification();
  const ttl = isIpv6 ? 64 : Number(netns.sysctls.get('net/ipv4/ip_default_ttl'));
  const common = { source, destination, identification, ttl, ...header };
  if (isIpv6) {
    const payload = new Uint8Array(icmpv6Bytes(message as Icmpv6Message));
    emitIcmpv6(message as Icmpv6Message, payload, { source, destination });
    return ipPacket({ ...common, protocol: IpProtocol.icmpv6, payload });
  }
  const payload = new Uint8Array(icmpBytes(message as IcmpMessage));
  emitIcmp(message as IcmpMessage, payload);
  return ipPacket({ ...common, protocol: IpProtocol.icmp, payload });
}

/** Tells the sender of a packet why it went no further, where anybody is to be told (RFC 1122, section 3.2.2). */
export function sendError(netns: Netns, about: Packet, error: IcmpError): void {
  const ip = readIp(about.bytes);
  if (ip === undefined || !mayBeAnswered(about, ip) || netns.fib.isBroadcast(ip.destination)) return;
  const source = errorSource(netns, ip);
  if (source === undefined) return;
  const message = ip.family === 4 ? error4(about.bytes, error) : error6(about.bytes, error);
  answer(netns, about, 'error', source, ip.source, message, ip.family === 4 ? INTERNETWORK_CONTROL : 0);
}

function mayBeAnswered(
  { bytes }: Packet,
  { family, protocol, payloadOffset, source, destination, isLaterFragment }: IpHeader,
) {
  if (isLaterFragment || isMulticastAddress(destination) || isMulticastAddress(source)) return false;
  if (source === '0.0.0.0' || source === '::') return false;
  const type = bytes[payloadOffset];
  if (family === 4 && protocol === IpProtocol.icmp) return type === 8 || type === 0 || type === 13;
  if (family === 6 && protocol === IpProtocol.icmpv6) return type !== undefined && type >= 128;
  return true;
}

/** The address that was meant, where it is ours; else the one by which we speak to the sender. */
function errorSource(netns: Netns, { destination, source, family }: IpHeader): IpAddress | undefined {
  if (netns.fib.isLocal(destination)) return destination;
  const match = netns.fib.lookup({ destination: source });
  if (match === undefined) return undefined;
  const { route } = match;
  if (route.type === 'local') return source;
  return route.source ?? netns.sourceAddress(route.dev, family, route.via ?? source);
}

function error4(bytes: Uint8Array, error: IcmpError): IcmpMessage {
  const quote = bytes.slice(0, MOST_ERROR_BYTES - HEADERS4);
  if (error.kind === 'ttl') return { kind: 'time-exceeded', code: 0, quote };
  const unreachable = (code: number, mtu = 0) =>
    ({ kind: 'destination-unreachable', code, mtu, quote }) as const;
  switch (error.kind) {
    case 'too-big':
      return unreachable(IcmpUnreachable.fragmentationNeeded, error.mtu);
    case 'no-route':
      return unreachable(IcmpUnreachable.network);
    case 'host-unreachable':
      return unreachable(IcmpUnreachable.host);
    case 'prohibited':
      return unreachable(IcmpUnreachable.prohibited);
    case 'port-unreachable':
      return unreachable(IcmpUnreachable.port);
  }
}

function error6(bytes: Uint8Array, error: IcmpError): Icmpv6Message {
  const quote = bytes.slice(0, MOST_ERROR6_BYTES - HEADERS6);
  if (error.kind === 'ttl') return { kind: 'time-exceeded', code: 0, quote };
  if (error.kind === 'too-big') return { kind: 'packet-too-big', mtu: Math.max(1280, error.mtu), quote };
  const codes = {
    'no-route': Icmpv6Unreachable.noRoute,
    'host-unreachable': Icmpv6Unreachable.address,
    prohibited: Icmpv6Unreachable.prohibited,
    'port-unreachable': Icmpv6Unreachable.port,
  } as const;
  return { kind: 'destination-unreachable', code: codes[error.kind], quote };
}
