/** One packet sent on purpose, and its way: what `podlan trace` shows. */
import { familyOf, type IpAddress, TcpFlag, type TcpSegment } from '@podlan/wire';
import { sendIp } from '../kernel/ip-output.js';
import { type IpHeader, readIp } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import { answerTo, freshPacket, type Packet } from '../kernel/packet.js';
import { type Hop, Journey } from './journey.js';
import { acknowledgmentOf, DEFAULT_SOURCE_PORT, packetFor } from './probe-packet.js';

/** What a probe can be. */
export type ProbeProtocol = 'icmp' | 'tcp' | 'udp';

/** What is sent. */
export interface ProbeOptions {
  readonly destination: IpAddress;
  /** The route's choice unless told. */
  readonly source?: IpAddress;
  /** ICMP echo unless told. */
  readonly protocol?: ProbeProtocol;
  /** Of TCP and UDP; 80 and 53 unless told. */
  readonly destinationPort?: number;
  readonly sourcePort?: number;
  /** Of the whole IP packet, in bytes: 84 unless told, and for TCP what a SYN needs. */
  readonly size?: number;
  readonly dontFragment?: boolean;
  readonly ttl?: number;
  /** How long an answer is waited for, in simulated milliseconds; 5 s unless told. */
  readonly waitMs?: number;
}

/** How far it came. */
export interface ProbeResult {
  readonly hops: readonly Hop[];
  readonly destination: IpAddress;
  /** The packet as it was sent; empty where it could not be made. */
  readonly packet: Uint8Array;
  /** It reached the host that has the address. */
  readonly arrived: boolean;
  /** An answer came back to the sender: an echo, a datagram's port that is closed, the second step of a handshake. */
  readonly answered: boolean;
  /** Where it ended, of the way there or of the way back. */
  readonly lost?: Hop;
}

const DEFAULT_WAIT_MS = 5_000;
const HANDSHAKE_MS = 500;

/**
 * Sends it from `netns`, and moves the network's clock until the answer is there or nothing happens any more.
 * @example
 * ```ts
 * import { probe, SimNetwork } from '@podlan/simulator';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const netns = new SimNetwork().addNetns('host-a');
 * const { answered, hops } = probe(netns, { destination: parseIpAddress('127.0.0.1')! });
 * answered; // => true
 * hops.map(({ event }) => event).slice(0, 3); // => ['send', 'route', 'transmit']
 * probe(netns, { destination: parseIpAddress('10.244.2.2')! }).lost?.reason; // => 'no-route'
 * ```
 */
export function probe(netns: Netns, asked: ProbeOptions): ProbeResult {
  const options = { ...asked, destination: reachedBy(asked) };
  const journey = new Journey(() => netns.clock.nowMs());
  const source = options.source ?? sourceFor(netns, options.destination);
  if (source === undefined) return unsent(netns, journey, options);
  const packet = packetFor(netns, source, options);
  return send(netns, packet, options, journey);
}

/**
 * As {@link probe}, of a packet that is given: an IP packet, whole.
 * @example
 * ```ts
 * import { probe, probePacket, SimNetwork } from '@podlan/simulator';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * const netns = new SimNetwork().addNetns('host-a');
 * const destination = parseIpAddress('127.0.0.1')!;
 * const { packet } = probe(netns, { destination });
 * probePacket(netns, packet, { destination }).answered; // => true
 * ```
 */
export function probePacket(netns: Netns, packet: Uint8Array, options: ProbeOptions): ProbeResult {
  return send(netns, packet, options, new Journey(() => netns.clock.nowMs()));
}

/** Sent to no address in particular, a packet is for this host itself (ip_route_output_key, ip6_datagram_connect). */
function reachedBy({ destination, source }: ProbeOptions): IpAddress {
  if (destination === '0.0.0.0') return source ?? ('127.0.0.1' as IpAddress);
  return destination === '::' ? ('::1' as IpAddress) : destination;
}

function send(netns: Netns, bytes: Uint8Array, options: ProbeOptions, journey: Journey): ProbeResult {
  const { destination, waitMs = DEFAULT_WAIT_MS, dontFragment = false } = options;
  const packet = freshPacket(bytes, { journey, leg: 'request' });
  const forget = listen(netns, bytes, options);
  tellSent(netns, packet, destination);
  sendIp(netns, packet, { dontFragment });
  netns.clock.run(waitMs, answerIn(journey, netns));
  // The last step of a handshake is on its way.
  if (options.protocol === 'tcp') netns.clock.run(HANDSHAKE_MS);
  forget();
  return resultOf(netns, bytes, options, journey);
}

const tellSent = (netns: Netns, packet: Packet, destination: IpAddress) =>
  netns.tell(packet, 'send', `to ${destination}`, { crossing: 'to-kernel' });

/** Whether there is one by now; each hop is looked at once. */
function answerIn({ hops }: Journey, from: Netns): () => boolean {
  let seen = 0;
  let isThere = false;
  return () => {
    for (; seen < hops.length && !isThere; seen++) isThere = isAnswer(hops[seen]!, from);
    return isThere;
  };
}

/** An answer that is delivered where the probe was sent. */
const isAnswer = ({ leg, event, netns }: Hop, from: Netns): boolean =>
  leg === 'reply' && event === 'deliver' && netns === from.name;

function listen(
  netns: Netns,
  sent: Uint8Array,
  { protocol, sourcePort = DEFAULT_SOURCE_PORT }: ProbeOptions,
): () => void {
  if (protocol === 'tcp')
    return netns.sockets.connectTcp(sourcePort, (...answer) => handshake(netns, sent, ...answer));
  if (protocol !== 'udp') return () => {};
  return netns.sockets.listenUdp({ port: sourcePort, owner: 'the probe' }) ?? (() => {});
}

function handshake(netns: Netns, sent: Uint8Array, packet: Packet, ip: IpHeader, segment: TcpSegment): void {
  if ((segment.flags & (TcpFlag.syn | TcpFlag.ack)) !== (TcpFlag.syn | TcpFlag.ack)) return;
  const last = answerTo(packet, acknowledgmentOf(netns, sent, ip, segment), 'request');
  tellSent(netns, last, ip.source);
  sendIp(netns, last);
}

function resultOf(
  netns: Netns,
  packet: Uint8Array,
  { destination }: ProbeOptions,
  { hops }: Journey,
): ProbeResult {
  const reached = hops.filter(({ leg }) => leg === 'request');
  const arrived = reached.some((hop) => hop.event === 'deliver' || isClosedPort(hop, destination));
  const answered = hops.some((hop) => isAnswer(hop, netns) || (arrived && isRefusal(hop, netns)));
  const leg = arrived ? 'reply' : 'request';
  const drops = hops
    .slice(arrived ? Math.max(0, arrivalIn(hops)) : 0)
    .filter(({ event }) => event === 'drop');
  const lost = answered
    ? undefined
    : (drops.find((hop) => isUnknown(hop, leg)) ??
      hops.findLast((hop) => hop.event === 'drop' && hop.leg === leg));
  return { hops, destination, packet, arrived, answered, ...(lost && { lost }) };
}

const arrivalIn = (hops: readonly Hop[]): number =>
  hops.findIndex(({ leg, event }) => leg === 'request' && event === 'deliver');

/** What ends where nobody can tell what becomes of it, a question for a MAC too, outranks every loss that follows of it. */
const isUnknown = ({ reason, leg }: Hop, lostLeg: Hop['leg']): boolean =>
  reason === 'not-simulated' && (leg === lostLeg || leg === 'resolution');

/** Of an outer datagram it is no arrival. */
const isClosedPort = ({ reason, before }: Hop, destination: IpAddress): boolean =>
  reason === 'no-socket' && readIp(before)?.destination === destination;

/** The port is closed: somebody is there to say so. */
const isRefusal = ({ leg, event, netns }: Hop, from: Netns): boolean =>
  leg === 'error' && event === 'deliver' && netns === from.name;

function sourceFor(netns: Netns, destination: IpAddress): IpAddress | undefined {
  const match = netns.fib.lookup({ destination });
  if (match === undefined) return undefined;
  const { route } = match;
  if (route.type === 'local') return destination;
  return route.source ?? netns.sourceAddress(route.dev, familyOf(destination), route.via ?? destination);
}

function unsent(netns: Netns, journey: Journey, options: ProbeOptions): ProbeResult {
  const { destination } = options;
  const packet = freshPacket(new Uint8Array(0), { journey, leg: 'request' });
  const match = netns.fib.lookup({ destination });
  if (match === undefined) netns.drop(packet, 'no-route', `no route to ${destination} (ENETUNREACH)`);
  else netns.drop(packet, 'no-source-address', `no address to send to ${destination} from`);
  return resultOf(netns, packet.bytes, options, journey);
}
