/** Sockets of a namespace: who takes datagrams and answers connections, and what is answered where nobody does. */
import {
  emitTcp,
  type Family,
  familyOf,
  type IcmpMessage,
  type Icmpv6Message,
  type IpAddress,
  IpProtocol,
  parseTcp,
  parseUdp,
  TcpFlag,
  type TcpSegment,
  tcpBytes,
} from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { deliverToVxlan, vxlansOn } from '../devices/vxlan-port.js';
import type { Leg } from '../trace/journey.js';
import { sendError } from './icmp.js';
import { sendIp } from './ip-output.js';
import { type IpHeader, ipPacket } from './ip-packet.js';
import type { Netns } from './netns.js';
import { answerTo, type Packet } from './packet.js';
import { acceptance } from './tcp-handshake.js';

/** A datagram with who sent it. */
export interface Received {
  readonly packet: Packet;
  readonly ip: IpHeader;
  readonly sourcePort: number;
  readonly payload: Uint8Array;
}

/** Where a program listens. */
export interface Listening {
  /** Absent: any address of the host. */
  readonly address?: IpAddress;
  /** Without an address, which family alone. */
  readonly family?: Family;
  /** The device that packets must come in by. */
  readonly dev?: string;
  readonly port: number;
}

/** A program or a device that listens. */
export interface UdpListener extends Listening {
  /** What is said of a datagram that arrives: `nginx`, `flannel.1`; absent for what tells its own hops. */
  readonly owner?: string;
  readonly receive?: (received: Received) => void;
}

/** An ICMP message that came for a program of this host. */
export type Heard = (packet: Packet, ip: IpHeader, message: IcmpMessage | Icmpv6Message) => void;

/** A TCP segment for a program of this host that is no listener. */
export type Segment = (packet: Packet, ip: IpHeader, segment: TcpSegment) => void;

export class Sockets {
  readonly #netns: Netns;
  readonly #udp: UdpListener[] = [];
  readonly #tcp: Listening[] = [];
  readonly #hearers = new Set<Heard>();
  readonly #connections = new Map<string, Segment>();

  constructor(netns: Netns) {
    this.#netns = netns;
  }

  get udpListeners(): readonly UdpListener[] {
    return this.#udp;
  }

  get tcpListeners(): readonly Listening[] {
    return this.#tcp;
  }

  /** Returns what ends it; undefined where the port is taken. */
  listenUdp(listener: UdpListener): (() => void) | undefined {
    const tunnels = vxlansOn(this.#netns, listener.port).map(({ local }) => ({
      port: listener.port,
      family: familyOf(local),
    }));
    if ([...this.#udp, ...tunnels].some((one) => overlap(one, listener))) return undefined;
    this.#udp.push(listener);
    return () => void this.#udp.splice(this.#udp.indexOf(listener), 1);
  }

  /** Connections to this port are taken. */
  listenTcp(listener: Listening): void {
    this.#tcp.push(listener);
  }

  /** Answers and errors for what a program here sends over ICMP, or learns of over it. */
  hearIcmp(heard: Heard): () => void {
    this.#hearers.add(heard);
    return () => void this.#hearers.delete(heard);
  }

  /** Segments for a port that a program here connects from. */
  connectTcp(port: number, segment: Segment): () => void {
    this.#connections.set(`${port}`, segment);
    return () => void this.#connections.delete(`${port}`);
  }

  hear(packet: Packet, ip: IpHeader, message: IcmpMessage | Icmpv6Message): void {
    this.#netns.tell(packet, 'deliver', `${message.kind} for ${ip.destination}`);
    for (const heard of this.#hearers) heard(packet, ip, message);
  }

  deliver(device: Device, packet: Packet, ip: IpHeader): void {
    if (ip.protocol === IpProtocol.udp) {
      this.#deliverUdp(device, packet, ip);
      return;
    }
    if (ip.protocol === IpProtocol.tcp) {
      this.#deliverTcp(device, packet, ip);
      return;
    }
    this.#netns.drop(packet, 'no-socket', `protocol ${ip.protocol} is not spoken here`, {
      device: device.name,
    });
  }

  #deliverUdp({ name: dev }: Device, packet: Packet, ip: IpHeader): void {
    const segment = packet.bytes.subarray(ip.payloadOffset, ip.end);
    const datagram = parseUdp(segment, ip);
    if (datagram === undefined) {
      this.#netns.drop(packet, 'malformed', 'no UDP datagram whose checksum holds');
      return;
    }
    const { sourcePort, destinationPort: port, payload } = datagram;
    if (deliverToVxlan(this.#netns, port, { packet, ip, sourcePort, payload })) return;
    const listener = this.#udp.find((one) => overlap(one, { address: ip.destination, port, dev }));
    if (listener === undefined) {
      this.#netns.drop(packet, 'no-socket', `nobody listens on UDP port ${port}`);
      sendError(this.#netns, packet, { kind: 'port-unreachable' });
      return;
    }
    if (listener.owner !== undefined) {
      const row = {
        table: 'socket',
        text: `udp ${listener.address ?? '*'}:${port} ${listener.owner}`,
      } as const;
      this.#netns.tell(packet, 'deliver', `datagram for UDP port ${port}`, { row });
    }
    listener.receive?.({ packet, ip, sourcePort, payload });
  }

  #deliverTcp({ name: dev }: Device, packet: Packet, ip: IpHeader): void {
    const bytes = packet.bytes.subarray(ip.payloadOffset, ip.end);
    const segment = parseTcp(bytes, ip);
    if (segment === undefined) {
      this.#netns.drop(packet, 'malformed', 'no TCP segment whose checksum holds');
      return;
    }
    if (this.#netns.fib.isBroadcast(ip.destination)) {
      this.#netns.drop(packet, 'no-socket', 'TCP speaks to one host, not to all');
      return;
    }
    const connection = this.#connections.get(`${segment.destinationPort}`);
    if (connection !== undefined) {
      this.#netns.tell(packet, 'deliver', `segment for TCP port ${segment.destinationPort}`);
      connection(packet, ip, segment);
      return;
    }
    const listens = this.#tcp.some((one) =>
      overlap(one, { address: ip.destination, port: segment.destinationPort, dev }),
    );
    if (!listens) {
      this.#resetTcp(packet, ip, segment);
      return;
    }
    this.#netns.tell(packet, 'deliver', `segment for TCP port ${segment.destinationPort}`, {
      row: { table: 'socket', text: `tcp ${ip.destination}:${segment.destinationPort} LISTEN` },
    });
    if ((segment.flags & (TcpFlag.syn | TcpFlag.ack)) === TcpFlag.syn) this.#accept(packet, ip, segment);
  }

  #accept(packet: Packet, ip: IpHeader, syn: TcpSegment): void {
    const { sequence, sourcePort, destinationPort } = syn;
    const first = Math.floor(this.#netns.random() * 2 ** 32);
    const answer = {
      ...{ sourcePort: destinationPort, destinationPort: sourcePort, sequence: first },
      ...{ acknowledgment: (sequence + 1) >>> 0, flags: TcpFlag.syn | TcpFlag.ack },
      ...{ ...acceptance(this.#netns, ip.source, syn), urgentPointer: 0, payload: new Uint8Array(0) },
    };
    this.#answerTcp(packet, ip, answer, 'reply');
  }

  /** RFC 9293, section 3.10.7.1: nobody is there. */
  #resetTcp(packet: Packet, ip: IpHeader, segment: TcpSegment): void {
    this.#netns.drop(packet, 'no-socket', `nobody listens on TCP port ${segment.destinationPort}`);
    this.#sendReset(packet, ip, segment, 'reply');
  }

  /** As a rule of netfilter asks for it. */
  rejectTcp(packet: Packet, ip: IpHeader): void {
    const segment = parseTcp(packet.bytes.subarray(ip.payloadOffset, ip.end), ip);
    if (segment !== undefined) this.#sendReset(packet, ip, segment, 'error');
  }

  #sendReset(packet: Packet, ip: IpHeader, segment: TcpSegment, leg: Leg): void {
    const { sourcePort, destinationPort, flags, payload, sequence, acknowledgment } = segment;
    if ((flags & TcpFlag.rst) !== 0) return;
    const length = payload.length + (flags & TcpFlag.syn ? 1 : 0) + (flags & TcpFlag.fin ? 1 : 0);
    const hasAck = (flags & TcpFlag.ack) !== 0;
    const reset = {
      ...{ sourcePort: destinationPort, destinationPort: sourcePort },
      ...{ sequence: hasAck ? acknowledgment : 0, acknowledgment: hasAck ? 0 : (sequence + length) >>> 0 },
      ...{ flags: hasAck ? TcpFlag.rst : TcpFlag.rst | TcpFlag.ack, window: 0, urgentPointer: 0 },
      ...{ options: new Uint8Array(0), payload: new Uint8Array(0) },
    };
    this.#answerTcp(packet, ip, reset, leg);
  }

  #answerTcp(packet: Packet, { source, destination }: IpHeader, segment: TcpSegment, leg: Leg): void {
    const payload = new Uint8Array(tcpBytes(segment));
    emitTcp(segment, payload, { source: destination, destination: source });
    const bytes = ipPacket({
      ...{ source: destination, destination: source, protocol: IpProtocol.tcp, payload, dontFragment: true },
      identification: 0,
    });
    sendIp(this.#netns, answerTo(packet, bytes, leg));
  }
}

function overlap(one: Listening, other: Listening): boolean {
  if (one.port !== other.port) return false;
  if (one.dev !== undefined && other.dev !== undefined && one.dev !== other.dev) return false;
  const [family, otherFamily] = [familyOfListening(one), familyOfListening(other)];
  if (family !== undefined && otherFamily !== undefined && family !== otherFamily) return false;
  return one.address === undefined || other.address === undefined || one.address === other.address;
}

const familyOfListening = ({ address, family }: Listening): Family | undefined =>
  address === undefined ? family : familyOf(address);
