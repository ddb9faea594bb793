/** Packets with right checksums, what tells them, and the answers to them. */
import {
  emitIcmp,
  emitIcmpv6,
  emitIpv4,
  emitIpv6,
  emitTcp,
  emitUdp,
  familyOf,
  type IcmpMessage,
  type Icmpv6Message,
  IpProtocol,
  icmpBytes,
  icmpv6Bytes,
  ipv4Bytes,
  ipv6Bytes,
  parseIpAddress,
  TcpFlag,
  tcpBytes,
  udpBytes,
} from '@podlan/wire';
import { readHead } from '../../src/netfilter/packet-head.js';
import { tupleOf } from '../../src/netfilter/tuple.js';

const NOTHING = new Uint8Array();

export interface Flow {
  readonly source: string;
  readonly destination: string;
  /** Or the id of an ICMP query. */
  readonly sourcePort: number;
  readonly destinationPort: number;
}

const ends = ({ source, destination }: Flow) => ({
  source: parseIpAddress(source)!,
  destination: parseIpAddress(destination)!,
});

function packet(flow: Flow, protocol: number, payload: Uint8Array): Uint8Array {
  const both = { ...ends(flow), trafficClass: 0, payload };
  if (familyOf(both.source) === 6) {
    const value = { ...both, flowLabel: 0, nextHeader: protocol, hopLimit: 64 };
    const bytes = new Uint8Array(ipv6Bytes(value));
    emitIpv6(value, bytes);
    return bytes;
  }
  const fragment = { identification: 1, dontFragment: false, moreFragments: false, fragmentOffset: 0 };
  const value = { ...both, ...fragment, protocol, ttl: 64, options: NOTHING };
  const bytes = new Uint8Array(ipv4Bytes(value));
  emitIpv4(value, bytes);
  return bytes;
}

export function udp(flow: Flow, payload = Uint8Array.of(1, 2, 3)): Uint8Array {
  const datagram = { sourcePort: flow.sourcePort, destinationPort: flow.destinationPort, payload };
  const bytes = new Uint8Array(udpBytes(datagram));
  emitUdp(datagram, bytes, ends(flow));
  return packet(flow, IpProtocol.udp, bytes);
}

export function tcp(flow: Flow, flags: number, sequence = 100, acknowledgment = 0): Uint8Array {
  const { sourcePort, destinationPort } = flow;
  const ports = { sourcePort, destinationPort };
  const rest = { window: 1000, urgentPointer: 0, options: NOTHING, payload: NOTHING };
  const segment = { ...ports, sequence, acknowledgment, flags, ...rest };
  const bytes = new Uint8Array(tcpBytes(segment));
  emitTcp(segment, bytes, ends(flow));
  return packet(flow, IpProtocol.tcp, bytes);
}

export function icmp(flow: Flow, message: IcmpMessage & Icmpv6Message): Uint8Array {
  if (familyOf(ends(flow).source) === 4) {
    const bytes = new Uint8Array(icmpBytes(message));
    emitIcmp(message, bytes);
    return packet(flow, IpProtocol.icmp, bytes);
  }
  const bytes = new Uint8Array(icmpv6Bytes(message));
  emitIcmpv6(message, bytes, ends(flow));
  return packet(flow, IpProtocol.icmpv6, bytes);
}

export const echo = (flow: Flow, kind: 'echo-request' | 'echo-reply' = 'echo-request'): Uint8Array =>
  icmp(flow, { kind, identifier: flow.sourcePort, sequence: 1, data: Uint8Array.of(9, 8, 7) });

/** What a packet says of its connection. */
export function flowOf(bytes: Uint8Array): Flow & { readonly protocol: number } {
  const { protocol, source, destination } = tupleOf(readHead(bytes)!)!;
  return {
    protocol,
    source: source.address,
    destination: destination.address,
    sourcePort: source.port,
    destinationPort: destination.port,
  };
}

export const back = (flow: Flow): Flow => ({
  source: flow.destination,
  destination: flow.source,
  sourcePort: flow.destinationPort,
  destinationPort: flow.sourcePort,
});

/** What the host that got `bytes` sends: the reply, or the second segment of a connection. */
export function answerTo(bytes: Uint8Array): Uint8Array {
  const flow = flowOf(bytes);
  if (flow.protocol === IpProtocol.udp) return udp(back(flow));
  if (flow.protocol === IpProtocol.tcp) return tcp(back(flow), TcpFlag.syn | TcpFlag.ack, 300, 101);
  return echo(back(flow), 'echo-reply');
}

/** What the host that got `bytes` says where nobody listens. */
export function refusalOf(bytes: Uint8Array): Uint8Array {
  const flow = flowOf(bytes);
  const isIpv4 = !flow.source.includes(':');
  const quote = isIpv4 ? bytes.slice(0, 28) : bytes.slice();
  const message = { kind: 'destination-unreachable', code: isIpv4 ? 3 : 4, mtu: 0, quote } as const;
  return icmp(back(flow), message);
}

/** The packet with one hop less. */
export function withoutHop(bytes: Uint8Array): Uint8Array {
  const copy = bytes.slice();
  if (copy[0]! >> 4 === 6) copy[7]! -= 1;
  else {
    copy[8]! -= 1;
    const sum = ((copy[10]! << 8) | copy[11]!) + 0x100;
    const folded = (sum & 0xffff) + (sum >>> 16);
    copy[10] = folded >>> 8;
    copy[11] = folded;
  }
  return copy;
}
