/** One packet sent on purpose, and its way: what `podlan trace` shows. */
import { emitTcp, familyOf, type IpAddress, IpProtocol, TcpFlag, tcpBytes } from '@podlan/wire';
import { icmpPacket } from '../kernel/icmp.js';
import { sendIp } from '../kernel/ip-output.js';
import { ipPacket, readIp, udpPacket } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import { freshPacket } from '../kernel/packet.js';
import { type Hop, Journey } from './journey.js';

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

const DEFAULT_PACKET_BYTES = 84;
const DEFAULT_WAIT_MS = 5_000;
const DEFAULT_SOURCE_PORT = 40_000;
const IDENTIFIER = 0x706c;
/** What `ping` fills its packets with. */
const fill = (length: number) => Uint8Array.from({ length: Math.max(0, length) }, (_, i) => i & 0xff);

/** Sends it from `netns`, and moves the network's clock until the answer is there or nothing happens any more. */
export function probe(netns: Netns, options: ProbeOptions): ProbeResult {
  const journey = new Journey(() => netns.clock.nowMs());
  const source = options.source ?? sourceFor(netns, options.destination);
  if (source === undefined) return unsent(netns, journey, options);
  const packet = packetFor(netns, source, options);
  return send(netns, packet, options, journey);
}

/** As {@link probe}, of a packet that is given: an IP packet, whole. */
export function probePacket(netns: Netns, packet: Uint8Array, options: ProbeOptions): ProbeResult {
  return send(netns, packet, options, new Journey(() => netns.clock.nowMs()));
}

function send(netns: Netns, bytes: Uint8Array, options: ProbeOptions, journey: Journey): ProbeResult {
  const { destination, waitMs = DEFAULT_WAIT_MS } = options;
  const packet = freshPacket(bytes, { journey, leg: 'request' });
  netns.tell(packet, 'send', `to ${destination}`, { crossing: 'to-kernel' });
  const isAnswered = () => journey.hops.some((hop) => isAnswer(hop, netns));
  const forget = listen(netns, options);
  sendIp(netns, packet);
  netns.clock.run(waitMs, isAnswered);
  forget();
  return resultOf(netns, bytes, options, journey);
}

/** An answer that is delivered where the probe was sent. */
const isAnswer = ({ leg, event, netns }: Hop, from: Netns): boolean =>
  leg === 'reply' && event === 'deliver' && netns === from.name;

function listen(netns: Netns, { protocol, sourcePort = DEFAULT_SOURCE_PORT }: ProbeOptions): () => void {
  if (protocol === 'tcp') return netns.sockets.connectTcp(sourcePort, () => {});
  if (protocol !== 'udp') return () => {};
  return netns.sockets.listenUdp({ port: sourcePort, owner: 'the probe' }) ?? (() => {});
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
  const lost = answered ? undefined : hops.findLast((hop) => hop.event === 'drop' && hop.leg === leg);
  return { hops, destination, packet, arrived, answered, ...(lost && { lost }) };
}

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

function packetFor(netns: Netns, source: IpAddress, options: ProbeOptions): Uint8Array {
  const {
    destination,
    protocol = 'icmp',
    ttl = 64,
    dontFragment = false,
    sourcePort = DEFAULT_SOURCE_PORT,
  } = options;
  const headerBytes = familyOf(source) === 4 ? 20 : 40;
  const size = options.size ?? DEFAULT_PACKET_BYTES;
  const common = { source, destination, ttl, dontFragment, identification: netns.nextIdentification() };
  if (protocol === 'udp') {
    const { destinationPort = 53 } = options;
    return udpPacket({ ...common, sourcePort, destinationPort, payload: fill(size - headerBytes - 8) });
  }
  if (protocol === 'tcp') {
    const { destinationPort = 80 } = options;
    return ipPacket({
      ...common,
      protocol: IpProtocol.tcp,
      payload: syn(source, destination, sourcePort, destinationPort),
    });
  }
  const echo = {
    kind: 'echo-request',
    identifier: IDENTIFIER,
    sequence: 1,
    data: fill(size - headerBytes - 8),
  } as const;
  return icmpPacket(netns, source, destination, echo, { ttl, dontFragment });
}

function syn(
  source: IpAddress,
  destination: IpAddress,
  sourcePort: number,
  destinationPort: number,
): Uint8Array {
  const segment = {
    ...{ sourcePort, destinationPort, sequence: 0, acknowledgment: 0, flags: TcpFlag.syn, window: 64240 },
    ...{ urgentPointer: 0, options: new Uint8Array(0), payload: new Uint8Array(0) },
  };
  const payload = new Uint8Array(tcpBytes(segment));
  emitTcp(segment, payload, { source, destination });
  return payload;
}
