/** A frame made of the few things that a person wants to say of it; all else is as a pod would send it. */
import {
  ArpOperation,
  BROADCAST_MAC,
  EtherType,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitIcmpv6,
  emitIpv4,
  emitIpv6,
  emitTcp,
  emitUdp,
  encapVxlan,
  familyOf,
  type IpAddress,
  IpProtocol,
  type MacAddress,
  parseIpAddress,
  TcpFlag,
  tcpOptionBytes,
  type VxlanTunnel,
} from '@podlan/wire';

export const FRAME_KINDS = ['arp', 'icmp', 'tcp', 'udp'] as const;
export type FrameKind = (typeof FRAME_KINDS)[number];

/** As the form has it: text. */
export interface FrameForm {
  readonly kind: FrameKind;
  readonly source: string;
  readonly destination: string;
  readonly isEncapsulated: boolean;
}

export const FIRST_FORM: FrameForm = {
  ...{ kind: 'icmp', source: '10.244.1.2', destination: '10.244.2.2', isEncapsulated: true },
};

const POD_MAC = '02:00:0a:f4:01:02' as MacAddress;
const GATEWAY_MAC = '02:00:0a:f4:01:01' as MacAddress;
const NO_MAC = '00:00:00:00:00:00' as MacAddress;

/** Between the hosts of the course. */
export const COURSE_TUNNEL: VxlanTunnel = {
  vni: 1,
  sourceMac: '02:00:c0:a8:4d:0a' as MacAddress,
  destinationMac: '02:00:c0:a8:4d:0b' as MacAddress,
  source: '192.168.77.10' as IpAddress,
  destination: '192.168.77.11' as IpAddress,
};

interface Ends {
  readonly source: IpAddress;
  readonly destination: IpAddress;
}

/** Throws what is wrong with the form. */
export function buildFrame(form: FrameForm): Uint8Array {
  const ends = {
    source: addressOf('source', form.source),
    destination: addressOf('destination', form.destination),
  };
  if (familyOf(ends.source) !== familyOf(ends.destination))
    throw new TypeError(`expected addresses of one family, got ${ends.source} and ${ends.destination}`);
  const frame = form.kind === 'arp' ? arpFrame(ends) : ipFrame(ends, segmentOf(form.kind, ends));
  return form.isEncapsulated ? encapVxlan(frame, COURSE_TUNNEL) : frame;
}

function addressOf(name: string, text: string): IpAddress {
  const address = parseIpAddress(text.trim());
  if (address === undefined) throw new TypeError(`${name}: expected an IP address, got ${text}`);
  return address;
}

function emitted(emit: (into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(256);
  return into.slice(0, emit(into));
}

function arpFrame({ source, destination }: Ends): Uint8Array {
  if (familyOf(source) === 6) throw new TypeError(`ARP: expected IPv4 addresses, got ${source}`);
  const packet = { senderMac: POD_MAC, senderIp: source, targetMac: NO_MAC, targetIp: destination };
  const payload = emitted((into) => emitArp({ operation: ArpOperation.request, ...packet }, into));
  const ends = { source: POD_MAC, destination: BROADCAST_MAC };
  return emitted((into) => emitEthernet({ ...ends, etherType: EtherType.arp, payload }, into));
}

interface Segment {
  readonly protocol: number;
  readonly payload: Uint8Array;
}

function segmentOf(kind: Exclude<FrameKind, 'arp'>, ends: Ends): Segment {
  if (kind === 'icmp') return echo(ends);
  if (kind === 'tcp') return syn(ends);
  const datagram = {
    sourcePort: 40_000,
    destinationPort: 7777,
    payload: new TextEncoder().encode('hello, pod'),
  };
  return { protocol: IpProtocol.udp, payload: emitted((into) => emitUdp(datagram, into, ends)) };
}

function echo(ends: Ends): Segment {
  const data = Uint8Array.from({ length: 32 }, (_, i) => i);
  const message = { kind: 'echo-request' as const, identifier: 7, sequence: 1, data };
  if (familyOf(ends.source) === 4)
    return { protocol: IpProtocol.icmp, payload: emitted((into) => emitIcmp(message, into)) };
  return { protocol: IpProtocol.icmpv6, payload: emitted((into) => emitIcmpv6(message, into, ends)) };
}

function syn(ends: Ends): Segment {
  const segment = {
    ...{ sourcePort: 40_000, destinationPort: 80, sequence: 1_000_000, acknowledgment: 0 },
    ...{ flags: TcpFlag.syn, window: 64_240, urgentPointer: 0, payload: new Uint8Array() },
    options: tcpOptionBytes([{ kind: 'mss', bytes: 1410 }, { kind: 'sack-permitted' }]),
  };
  return { protocol: IpProtocol.tcp, payload: emitted((into) => emitTcp(segment, into, ends)) };
}

function ipFrame(ends: Ends, { protocol, payload }: Segment): Uint8Array {
  const isIpv4 = familyOf(ends.source) === 4;
  const packet = emitted((into) =>
    isIpv4
      ? emitIpv4({ ...ends, ...IPV4_FIELDS, protocol, payload }, into)
      : emitIpv6({ ...ends, ...IPV6_FIELDS, nextHeader: protocol, payload }, into),
  );
  const macs = { source: POD_MAC, destination: GATEWAY_MAC };
  const etherType = isIpv4 ? EtherType.ipv4 : EtherType.ipv6;
  return emitted((into) => emitEthernet({ ...macs, etherType, payload: packet }, into));
}

const IPV4_FIELDS = {
  ...{ ttl: 64, trafficClass: 0, identification: 1, options: new Uint8Array() },
  ...{ dontFragment: true, moreFragments: false, fragmentOffset: 0 },
};
const IPV6_FIELDS = { trafficClass: 0, flowLabel: 0, hopLimit: 64 };
