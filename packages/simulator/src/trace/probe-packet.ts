/** The packets of a probe, built from what was asked for. */
import {
  emitTcp,
  familyOf,
  type IpAddress,
  IpProtocol,
  parseTcp,
  TcpFlag,
  type TcpSegment,
  tcpBytes,
} from '@podlan/wire';
import { icmpPacket } from '../kernel/icmp.js';
import { type IpHeader, ipPacket, readIp, udpPacket } from '../kernel/ip-packet.js';
import type { Netns } from '../kernel/netns.js';
import { confirmation } from '../kernel/tcp-handshake.js';
import type { ProbeOptions } from './probe.js';

export const DEFAULT_SOURCE_PORT = 40_000;
const DEFAULT_PACKET_BYTES = 84;
const IDENTIFIER = 0x706c;
/** Linux's first. */
const WINDOW = 64_240;
/** What `ping` fills its packets with. */
const fill = (length: number) => Uint8Array.from({ length: Math.max(0, length) }, (_, i) => i & 0xff);

export function packetFor(netns: Netns, source: IpAddress, options: ProbeOptions): Uint8Array {
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
  return segmentBytes({ source, destination }, { sourcePort, destinationPort, flags: TcpFlag.syn });
}

/** The third packet of a handshake: `first` began it, `answer` is the second. */
export function acknowledgmentOf(
  netns: Netns,
  first: Uint8Array,
  { source, destination }: IpHeader,
  answer: TcpSegment,
): Uint8Array {
  const { dontFragment, ttl, payloadOffset } = readIp(first)!;
  const { sourcePort, destinationPort, sequence, acknowledgment } = answer;
  const payload = segmentBytes(
    { source: destination, destination: source },
    {
      ...{ sourcePort: destinationPort, destinationPort: sourcePort, flags: TcpFlag.ack },
      ...{ sequence: acknowledgment, acknowledgment: (sequence + 1) >>> 0 },
      ...confirmation(parseTcp(first.subarray(payloadOffset))!, answer),
    },
  );
  return ipPacket({
    ...{ source: destination, destination: source, protocol: IpProtocol.tcp, payload, dontFragment, ttl },
    identification: netns.nextIdentification(),
  });
}

function segmentBytes(
  ends: { readonly source: IpAddress; readonly destination: IpAddress },
  given: Pick<TcpSegment, 'sourcePort' | 'destinationPort' | 'flags'> & Partial<TcpSegment>,
): Uint8Array {
  const segment: TcpSegment = {
    ...{ sequence: 0, acknowledgment: 0, window: WINDOW, urgentPointer: 0 },
    ...{ options: new Uint8Array(0), payload: new Uint8Array(0), ...given },
  };
  const bytes = new Uint8Array(tcpBytes(segment));
  emitTcp(segment, bytes, ends);
  return bytes;
}
