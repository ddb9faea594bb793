/** Whatever can be emitted is parsed as what it was. fast-check prints the seed of a failure. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import * as wire from '../src/index.js';
import * as any from './arbitrary.js';

/** Emits into 0xa5, and sees that exactly the promised bytes are written. */
function emitted(length: number, emit: (into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(length + 4).fill(0xa5);
  expect(emit(into)).toBe(length);
  expect(into.subarray(length)).toEqual(new Uint8Array(4).fill(0xa5));
  return into.subarray(0, length);
}

function roundTrip<T>(
  values: fc.Arbitrary<T>,
  lengthOf: (value: T) => number,
  emit: (value: T, into: Uint8Array) => number,
  parse: (bytes: Uint8Array) => T | undefined,
): void {
  fc.assert(
    fc.property(values, (value) => {
      expect(parse(emitted(lengthOf(value), (into) => emit(value, into)))).toEqual(value);
    }),
    { numRuns: 500 },
  );
}

describe('emit, then parse, is the identity', () => {
  test('Ethernet', () =>
    roundTrip(any.anyEthernet, wire.ethernetBytes, wire.emitEthernet, wire.parseEthernet));
  test('ARP', () => roundTrip(any.anyArp, () => wire.ARP_BYTES, wire.emitArp, wire.parseArp));
  test('IPv4', () => roundTrip(any.anyIpv4, wire.ipv4Bytes, wire.emitIpv4, wire.parseIpv4));
  test('IPv6', () => roundTrip(any.anyIpv6, wire.ipv6Bytes, wire.emitIpv6, wire.parseIpv6));
  test('ICMP', () => roundTrip(any.anyIcmp, wire.icmpBytes, wire.emitIcmp, wire.parseIcmp));
  test('VXLAN', () => roundTrip(any.anyVxlan, wire.vxlanBytes, wire.emitVxlan, wire.parseVxlan));
});

describe('emit, then parse, under a pseudo header, is the identity', () => {
  function under<T>(
    pseudos: fc.Arbitrary<wire.PseudoHeader>,
    values: fc.Arbitrary<T>,
    lengthOf: (value: T) => number,
    emit: (value: T, into: Uint8Array, pseudo: wire.PseudoHeader) => number,
    parse: (bytes: Uint8Array, pseudo: wire.PseudoHeader) => T | undefined,
  ): void {
    const run = (pseudo: wire.PseudoHeader, value: T) => {
      const bytes = emitted(lengthOf(value), (into) => emit(value, into, pseudo));
      expect(parse(bytes, pseudo)).toEqual(value);
    };
    fc.assert(fc.property(pseudos, values, run), { numRuns: 500 });
  }

  test('UDP', () => under(any.anyPseudo, any.anyUdp, wire.udpBytes, wire.emitUdp, wire.parseUdp));
  test('TCP', () => under(any.anyPseudo, any.anyTcp, wire.tcpBytes, wire.emitTcp, wire.parseTcp));
  test('ICMPv6', () =>
    under(any.anyPseudoV6, any.anyIcmpv6, wire.icmpv6Bytes, wire.emitIcmpv6, wire.parseIcmpv6));
});

test('TCP options, written and read, are the same options', () => {
  fc.assert(
    fc.property(any.anyTcpOptions, (options) => {
      expect(wire.parseTcpOptions(wire.tcpOptionBytes(options))).toEqual(options);
    }),
    { numRuns: 500 },
  );
});

test('a frame of all layers has no problem in its dissection', () => {
  fc.assert(
    fc.property(any.anyEthernet, any.anyIpv4, any.anyUdp, any.anyVxlan, (ethernet, ip, udp, vxlan) => {
      const layers = wire.layersOf(wire.dissect(tunnelFrame(ethernet, ip, udp, vxlan)));
      expect(layers.map((layer) => layer.protocol).slice(0, 5)).toEqual([
        ...['ethernet', 'ipv4', 'udp', 'vxlan', 'ethernet'],
      ]);
      expect(layers.slice(0, 4).flatMap((layer) => layer.problems)).toEqual([]);
    }),
  );
});

function tunnelFrame(
  ethernet: wire.EthernetFrame,
  ip: wire.Ipv4Packet,
  udp: wire.UdpDatagram,
  vxlan: wire.VxlanPacket,
): Uint8Array {
  const inner = emitted(wire.vxlanBytes(vxlan), (into) => wire.emitVxlan(vxlan, into));
  const datagram = { ...udp, destinationPort: wire.VXLAN_PORT_LINUX, payload: inner };
  const segment = emitted(wire.udpBytes(datagram), (into) => wire.emitUdp(datagram, into, ip));
  const whole = { protocol: wire.IpProtocol.udp, moreFragments: false, fragmentOffset: 0 };
  const packet = { ...ip, ...whole, payload: segment };
  const payload = emitted(wire.ipv4Bytes(packet), (into) => wire.emitIpv4(packet, into));
  const frame = { ...ethernet, etherType: wire.EtherType.ipv4, payload };
  return emitted(wire.ethernetBytes(frame), (into) => wire.emitEthernet(frame, into));
}
