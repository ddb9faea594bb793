/** Fields written in place: the packet is the one that would have been emitted with that field, checksum included. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  EthernetView,
  emitEthernet,
  emitIcmp,
  emitIcmpv6,
  emitIpv4,
  emitIpv6,
  emitTcp,
  emitUdp,
  emitVxlan,
  formatIpv4Number,
  IcmpView,
  Icmpv6View,
  type IpAddress,
  Ipv4View,
  Ipv6View,
  ipToBytes,
  macToBytes,
  TcpView,
  UdpView,
  uint32At,
  updateChecksum,
  updateChecksum32,
  VxlanView,
} from '../src/index.js';
import {
  anyEthernet,
  anyIpv4,
  anyIpv6,
  anyPseudo,
  anyPseudoV6,
  anyTcp,
  anyUdp,
  anyVxlan,
} from './arbitrary.js';
import { naiveChecksum } from './oracle/checksum.js';
import { emitted } from './reemit.js';

const uint = (bits: number) => fc.integer({ min: 0, max: 2 ** bits - 1 });

/** Writes `field` into a packet of `value`, and expects the packet of `value` with that field. */
function writes<T extends object, V>(
  name: string,
  values: fc.Arbitrary<T>,
  emit: (value: T, into: Uint8Array) => number,
  View: { new (): V; over(bytes: Uint8Array): V | undefined },
  fields: Partial<Record<keyof T & keyof V, number>>,
): void {
  test.each(Object.entries(fields) as [keyof T & keyof V, number][])(`${name} %s`, (field, bits) => {
    fc.assert(
      fc.property(values, uint(bits), (value, written) => {
        const bytes = emitted((into) => emit(value, into)).slice();
        const view = View.over(bytes)!;
        (view as Record<string, unknown>)[field as string] = written;
        expect(view[field]).toBe(written);
        expect(bytes).toEqual(emitted((into) => emit({ ...value, [field]: written }, into)));
      }),
    );
  });

  test.each(Object.entries(fields) as [keyof T & keyof V, number][])(
    `${name} %s refuses what is wider`,
    (field, bits) => {
      const view = new View();
      for (const wrong of [2 ** bits, -1, 0.5, Number.NaN]) {
        expect(() => {
          (view as Record<string, unknown>)[field as string] = wrong;
        }).toThrow(/expected an unsigned number of \d+ bits, got /);
      }
    },
  );
}

const pseudo = { source: 'fd00::1' as IpAddress, destination: 'fd00::2' as IpAddress };
const anyEcho = fc.record({
  kind: fc.constant('echo-request' as const),
  identifier: uint(16),
  sequence: uint(16),
  data: fc.uint8Array({ maxLength: 99 }),
});

describe('a field written in place', () => {
  writes('Ethernet', anyEthernet, emitEthernet, EthernetView, { etherType: 16 });
  writes('IPv4', anyIpv4, emitIpv4, Ipv4View, { ttl: 8, trafficClass: 8, identification: 16 });
  writes('IPv6', anyIpv6, emitIpv6, Ipv6View, { hopLimit: 8, trafficClass: 8, flowLabel: 20 });
  writes('UDP', anyUdp, (value, into) => emitUdp(value, into, pseudo), UdpView, {
    ...{ sourcePort: 16, destinationPort: 16 },
  });
  writes('TCP', anyTcp, (value, into) => emitTcp(value, into, pseudo), TcpView, {
    ...{ sourcePort: 16, destinationPort: 16, sequence: 32, acknowledgment: 32, flags: 9, window: 16 },
  });
  writes('ICMP', anyEcho, emitIcmp, IcmpView, { identifier: 16 });
  writes('ICMPv6', anyEcho, (value, into) => emitIcmpv6(value, into, pseudo), Icmpv6View, {
    identifier: 16,
  });
  writes('VXLAN', anyVxlan, emitVxlan, VxlanView, { vni: 24 });
});

describe('addresses written in place', () => {
  test('of IPv4, as numbers', () => {
    fc.assert(
      fc.property(anyIpv4, uint(32), uint(32), (packet, source, destination) => {
        const bytes = emitted((into) => emitIpv4(packet, into)).slice();
        const ip = Ipv4View.over(bytes)!;
        ip.sourceNumber = source;
        ip.destinationNumber = destination;
        const texts = {
          source: formatIpv4Number(source) as IpAddress,
          destination: formatIpv4Number(destination) as IpAddress,
        };
        expect(bytes).toEqual(emitted((into) => emitIpv4({ ...packet, ...texts }, into)));
      }),
    );
  });

  test('of IPv6, as bytes', () => {
    fc.assert(
      fc.property(anyIpv6, anyPseudoV6, (packet, { source, destination }) => {
        const bytes = emitted((into) => emitIpv6(packet, into)).slice();
        const ip = Ipv6View.over(bytes)!;
        ip.setSource(ipToBytes(source));
        ip.setDestination(Uint8Array.of(0, ...ipToBytes(destination)), 1);
        expect(bytes).toEqual(emitted((into) => emitIpv6({ ...packet, source, destination }, into)));
        expect(() => ip.setSource(new Uint8Array(15))).toThrow('setSource: expected 16 bytes at 0, got 15');
      }),
    );
  });

  test('of Ethernet, as bytes', () => {
    fc.assert(
      fc.property(anyEthernet, anyEthernet, (frame, { source, destination }) => {
        const bytes = emitted((into) => emitEthernet(frame, into)).slice();
        const ethernet = EthernetView.over(bytes)!;
        ethernet.setSource(macToBytes(source));
        ethernet.setDestination(Uint8Array.of(0, ...macToBytes(destination)), 1);
        expect(bytes).toEqual(emitted((into) => emitEthernet({ ...frame, source, destination }, into)));
        expect(() => ethernet.setSource(new Uint8Array(5))).toThrow(
          'setSource: expected 6 bytes at 0, got 5',
        );
      }),
    );
  });

  test('change the checksum of the segment by as much', () => {
    fc.assert(
      fc.property(anyUdp, anyTcp, anyPseudo, anyPseudo, (datagram, segment, before, after) => {
        fc.pre(before.source.includes(':') === after.source.includes(':'));
        const udpBytes = emitted((into) => emitUdp(datagram, into, before)).slice();
        const tcpBytes = emitted((into) => emitTcp(segment, into, before)).slice();
        const views = [UdpView.over(udpBytes)!, TcpView.over(tcpBytes)!];
        for (const side of ['source', 'destination'] as const) {
          const [from, to] = [ipToBytes(before[side]), ipToBytes(after[side])];
          for (let at = 0; at < from.length; at += 4) {
            for (const view of views) view.adjustChecksum(uint32At(from, at), uint32At(to, at));
          }
        }
        expect(udpBytes).toEqual(emitted((into) => emitUdp(datagram, into, after)));
        expect(tcpBytes).toEqual(emitted((into) => emitTcp(segment, into, after)));
      }),
    );
  });
});

test('a datagram without a checksum stays without one', () => {
  const bytes = Uint8Array.of(0, 1, 0, 2, 0, 8, 0, 0);
  const udp = UdpView.over(bytes)!;
  udp.sourcePort = 77;
  udp.adjustChecksum(1, 2);
  expect(udp.checksum).toBe(0);
});

test('RFC 1624, section 4: the update is zero where the old equation gave all ones', () => {
  expect(updateChecksum(0xdd2f, 0x5555, 0x3285)).toBe(0);
});

test('an updated checksum is the one of the changed bytes', () => {
  const words = fc
    .uint8Array({ minLength: 12, maxLength: 60 })
    .map((bytes) => bytes.subarray(0, bytes.length & ~3));
  fc.assert(
    fc.property(words, fc.nat(), uint(32), (bytes, place, written) => {
      // All zeros have two checksums (RFC 1624, section 3).
      bytes[0] = 1;
      const at = 4 + ((place % (bytes.length - 4)) & ~3);
      const changed = Buffer.from(bytes);
      changed.writeUInt32BE(written, at);
      const before = naiveChecksum(bytes);
      expect(updateChecksum32(before, uint32At(bytes, at), written)).toBe(naiveChecksum(changed));
      const halves = [bytes, changed].map((all) => (all[at]! << 8) | all[at + 1]!) as [number, number];
      changed.set(bytes.subarray(at + 2, at + 4), at + 2);
      expect(updateChecksum(before, ...halves)).toBe(naiveChecksum(changed));
    }),
  );
});
