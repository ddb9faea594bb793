/** Arbitrary values of every codec, for properties that hold for all of them. */

import fc from 'fast-check';
import {
  type ArpPacket,
  type EthernetFrame,
  type IcmpMessage,
  type Icmpv6Message,
  type IpAddress,
  type Ipv4Packet,
  type Ipv6Packet,
  ipFromBytes,
  macFromBytes,
  type NdpOption,
  type PseudoHeader,
  type TcpOption,
  type TcpSegment,
  tcpOptionBytes,
  type UdpDatagram,
  type VxlanPacket,
} from '../src/index.js';

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });
const exactly = (length: number) => fc.uint8Array({ minLength: length, maxLength: length });
const payload = fc.uint8Array({ maxLength: 200 });

const mac = exactly(6).map(macFromBytes);
const ipv4 = exactly(4).map(ipFromBytes);
const ipv6 = exactly(16).map(ipFromBytes);
const pairOf = (address: fc.Arbitrary<IpAddress>): fc.Arbitrary<PseudoHeader> =>
  fc.record({ source: address, destination: address });
export const anyPseudo = fc.oneof(pairOf(ipv4), pairOf(ipv6));
export const anyPseudoV6 = pairOf(ipv6);

export const anyEthernet: fc.Arbitrary<EthernetFrame> = fc.record({
  destination: mac,
  source: mac,
  etherType: uint(16),
  payload,
});

export const anyArp: fc.Arbitrary<ArpPacket> = fc.record({
  operation: uint(16),
  senderMac: mac,
  senderIp: ipv4,
  targetMac: mac,
  targetIp: ipv4,
});

export const anyIpv4: fc.Arbitrary<Ipv4Packet> = fc.record({
  source: ipv4,
  destination: ipv4,
  protocol: uint(8),
  ttl: uint(8),
  trafficClass: uint(8),
  identification: uint(16),
  dontFragment: fc.boolean(),
  moreFragments: fc.boolean(),
  fragmentOffset: uint(13).map((units) => units * 8),
  options: fc.nat(10).chain((words) => exactly(words * 4)),
  payload,
});

export const anyIpv6: fc.Arbitrary<Ipv6Packet> = fc.record({
  source: ipv6,
  destination: ipv6,
  trafficClass: uint(8),
  flowLabel: uint(20),
  nextHeader: uint(8),
  hopLimit: uint(8),
  payload,
});

export const anyUdp: fc.Arbitrary<UdpDatagram> = fc.record({
  sourcePort: uint(16),
  destinationPort: uint(16),
  payload,
});

export const anyTcp: fc.Arbitrary<TcpSegment> = fc.record({
  sourcePort: uint(16),
  destinationPort: uint(16),
  sequence: uint(32),
  acknowledgment: uint(32),
  flags: uint(9),
  window: uint(16),
  urgentPointer: uint(16),
  options: fc.nat(10).chain((words) => exactly(words * 4)),
  payload,
});

const tcpOption: fc.Arbitrary<TcpOption> = fc.oneof(
  fc.constant<TcpOption>({ kind: 'nop' }),
  fc.constant<TcpOption>({ kind: 'sack-permitted' }),
  uint(16).map((bytes): TcpOption => ({ kind: 'mss', bytes })),
  uint(8).map((shift): TcpOption => ({ kind: 'window-scale', shift })),
  fc.tuple(uint(32), uint(32)).map(([value, echo]): TcpOption => ({ kind: 'timestamps', value, echo })),
  fc
    .array(fc.record({ left: uint(32), right: uint(32) }), { minLength: 1, maxLength: 4 })
    .map((blocks): TcpOption => ({ kind: 'sack', blocks })),
  fc
    .tuple(fc.integer({ min: 9, max: 255 }), payload)
    .map(([number, data]): TcpOption => ({ kind: 'other', number, data })),
);
export const anyTcpOptions = fc.array(tcpOption, { maxLength: 10 });
export const anyTcpOptionBytes = anyTcpOptions.map(tcpOptionBytes);

export const anyVxlan: fc.Arbitrary<VxlanPacket> = fc.record({ vni: uint(24), payload });

const echoKind = fc.constantFrom('echo-request' as const, 'echo-reply' as const);
const echo = fc.record({ kind: echoKind, identifier: uint(16), sequence: uint(16), data: payload });
const timeExceeded = fc.record({
  kind: fc.constant('time-exceeded' as const),
  code: uint(8),
  quote: payload,
});
const other = (types: number[]) =>
  fc.record({
    kind: fc.constant('other' as const),
    type: fc.constantFrom(...types),
    code: uint(8),
    rest: uint(32),
    data: payload,
  });
const unreachable = fc.constant('destination-unreachable' as const);

export const anyIcmp: fc.Arbitrary<IcmpMessage> = fc.oneof(
  echo,
  timeExceeded,
  fc.record({ kind: unreachable, code: fc.constant(4), mtu: uint(16), quote: payload }),
  fc.record({
    kind: unreachable,
    code: uint(8).filter((code) => code !== 4),
    mtu: fc.constant(0),
    quote: payload,
  }),
  other([1, 2, 4, 5, 12, 13, 255]),
);

const ndpOption: fc.Arbitrary<NdpOption> = fc.record({
  type: uint(8),
  body: fc.integer({ min: 1, max: 5 }).chain((units) => exactly(units * 8 - 2)),
});
const options = fc.array(ndpOption, { maxLength: 4 });

export const anyIcmpv6: fc.Arbitrary<Icmpv6Message> = fc.oneof(
  echo,
  timeExceeded,
  fc.record({ kind: unreachable, code: uint(8), quote: payload }),
  fc.record({ kind: fc.constant('packet-too-big' as const), mtu: uint(32), quote: payload }),
  fc.record({ kind: fc.constant('neighbor-solicitation' as const), target: ipv6, options }),
  fc.record({
    ...{ kind: fc.constant('neighbor-advertisement' as const), target: ipv6, options },
    ...{ router: fc.boolean(), solicited: fc.boolean(), override: fc.boolean() },
  }),
  other([0, 4, 100, 133, 134, 137, 143, 255]),
);
