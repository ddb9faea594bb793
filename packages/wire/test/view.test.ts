/** Views over packets where they lie: the same answers as the value form, at any offset, one view for many packets. */

import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  ArpView,
  type ByteView,
  EthernetView,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitIcmpv6,
  emitIpv4,
  emitIpv6,
  emitTcp,
  emitUdp,
  emitVxlan,
  IcmpView,
  Icmpv6View,
  Ipv4View,
  Ipv6View,
  ipFromBytes,
  macFromBytes,
  parseArp,
  parseEthernet,
  parseIcmp,
  parseIcmpv6,
  parseIpv4,
  parseIpv6,
  parseTcp,
  parseUdp,
  parseVxlan,
  TcpView,
  UdpView,
  VxlanView,
} from '../src/index.js';
import {
  anyArp,
  anyEthernet,
  anyIcmp,
  anyIcmpv6,
  anyIpv4,
  anyIpv6,
  anyPseudo,
  anyTcp,
  anyUdp,
  anyVxlan,
} from './arbitrary.js';
import { naiveChecksum } from './oracle/checksum.js';
import { emitted } from './reemit.js';

const pseudo = { source: ipFromBytes(new Uint8Array(16)), destination: ipFromBytes(new Uint8Array(16)) };

interface Viewed {
  readonly name: string;
  /** Emitted packets. */
  readonly packets: fc.Arbitrary<Uint8Array>;
  readonly view: ByteView;
  readonly over: (bytes: Uint8Array, offset?: number, end?: number) => ByteView | undefined;
  readonly parse: (bytes: Uint8Array) => object | undefined;
}

const viewed = <T>(
  name: string,
  values: fc.Arbitrary<T>,
  emit: (value: T, into: Uint8Array) => number,
  parse: (bytes: Uint8Array) => object | undefined,
  View: { new (): ByteView; over: Viewed['over'] },
): Viewed => ({
  name,
  packets: values.map((value) => emitted((into) => emit(value, into)).slice()),
  view: new View(),
  over: View.over,
  parse,
});

const VIEWED: Viewed[] = [
  viewed('Ethernet', anyEthernet, emitEthernet, parseEthernet, EthernetView),
  viewed('ARP', anyArp, emitArp, parseArp, ArpView),
  viewed('IPv4', anyIpv4, emitIpv4, parseIpv4, Ipv4View),
  viewed('IPv6', anyIpv6, emitIpv6, parseIpv6, Ipv6View),
  viewed('ICMP', anyIcmp, emitIcmp, (bytes) => parseIcmp(bytes) && {}, IcmpView),
  viewed(
    'ICMPv6',
    anyIcmpv6,
    (value, into) => emitIcmpv6(value, into, pseudo),
    (bytes) => parseIcmpv6(bytes) && {},
    Icmpv6View,
  ),
  viewed('UDP', anyUdp, (value, into) => emitUdp(value, into), parseUdp, UdpView),
  viewed('TCP', anyTcp, (value, into) => emitTcp(value, into, pseudo), parseTcp, TcpView),
  viewed('VXLAN', anyVxlan, emitVxlan, parseVxlan, VxlanView),
];

describe.each(VIEWED)('$name', ({ packets, view, over, parse }) => {
  test('has the fields of the value, wherever the packet lies', () => {
    fc.assert(
      fc.property(packets, fc.nat(40), fc.nat(40), (packet, before, after) => {
        const bytes = new Uint8Array(before + packet.length + after).fill(0xa5);
        bytes.set(packet, before);
        expect(view.reset(bytes, before, before + packet.length)).toBe(true);
        expect(view).toMatchObject(parse(packet)!);
      }),
    );
  });

  test('stays where it was when no header is there', () => {
    fc.assert(
      fc.property(packets, (packet) => {
        view.reset(packet);
        expect(view.reset(new Uint8Array(3))).toBe(false);
        expect(view.reset(packet, 1, packet.length + 1)).toBe(false);
        expect(view.reset(packet, -1)).toBe(false);
        expect([view.bytes, view.offset, view.end]).toEqual([packet, 0, packet.length]);
        expect(over(packet, packet.length)).toBeUndefined();
      }),
    );
  });

  test('ends its payload where its bytes end', () => {
    fc.assert(
      fc.property(packets, fc.nat(), (packet, cut) => {
        const end = cut % (packet.length + 1);
        const cutView = over(packet, 0, end);
        if (!cutView) return;
        expect(cutView.payloadOffset).toBeLessThanOrEqual(cutView.payloadEnd);
        expect(cutView.payloadEnd).toBeLessThanOrEqual(end);
        expect(cutView.payload).toEqual(packet.subarray(cutView.payloadOffset, cutView.payloadEnd));
      }),
    );
  });
});

test('fields of a view that was never placed are zero', () => {
  const ip = new Ipv4View();
  expect([ip.ttl, ip.protocol, ip.checksum, ip.sourceNumber, ip.payloadOffset]).toEqual([0, 0, 0, 0, 0]);
});

test('layer inside layer is entered without an array between', () => {
  const frame = new Uint8Array(200);
  const macs = { source: macFromBytes(new Uint8Array(6)), destination: macFromBytes(new Uint8Array(6)) };
  const inner = frame.slice(
    0,
    emitEthernet({ ...macs, etherType: 0x88b5, payload: Uint8Array.of(7) }, frame),
  );
  const vxlan = frame.slice(0, emitVxlan({ vni: 42, payload: inner }, frame));
  const ports = { sourcePort: 50000, destinationPort: 8472 };
  const udp = frame.slice(0, emitUdp({ ...ports, payload: vxlan }, frame));
  const v4 = { source: ipFromBytes(new Uint8Array(4)), destination: ipFromBytes(new Uint8Array(4)) };
  const fields = { protocol: 17, ttl: 64, trafficClass: 0, identification: 0, options: new Uint8Array(8) };
  const whole = { dontFragment: true, moreFragments: false, fragmentOffset: 0 };
  const ip = frame.slice(0, emitIpv4({ ...v4, ...fields, ...whole, payload: udp }, frame));
  const length = emitEthernet({ ...macs, etherType: 0x0800, payload: ip }, frame);

  const views = [new EthernetView(), new Ipv4View(), new UdpView(), new VxlanView(), new EthernetView()];
  expect(views[0]!.reset(frame, 0, length + 9)).toBe(true);
  for (const [i, view] of views.slice(1).entries()) expect(view.enter(views[i]!)).toBe(true);
  expect(views.map((view) => view.offset)).toEqual([0, 14, 42, 50, 58]);
  // The padding behind the IP packet is in no layer above Ethernet.
  expect(views[4]!.payload).toEqual(Uint8Array.of(7));
  expect(views.every((view) => view.bytes === frame)).toBe(true);
});

test('MAC and IP addresses as numbers and places are those of the text', () => {
  fc.assert(
    fc.property(anyEthernet, anyIpv4, (frame, packet) => {
      const payload = emitted((into) => emitIpv4(packet, into));
      const bytes = emitted((into) => emitEthernet({ ...frame, payload }, into));
      const ethernet = EthernetView.over(bytes)!;
      const ip = Ipv4View.over(bytes, ethernet.payloadOffset)!;
      const hex = (at: number, length: number) =>
        Number(`0x${Buffer.from(bytes.subarray(at, at + length)).toString('hex')}`);
      expect(ethernet.sourceNumber).toBe(hex(ethernet.sourceAt, 6));
      expect(ethernet.destinationNumber).toBe(hex(ethernet.destinationAt, 6));
      expect(ip.sourceNumber).toBe(hex(ip.sourceAt, 4));
      expect(ip.destinationNumber).toBe(hex(ip.destinationAt, 4));
      expect(ethernet.sourceNumber).toBe(Number(`0x${frame.source.replaceAll(':', '')}`));
    }),
  );
});

describe('checksums of transport protocols, verified in place', () => {
  const segments = fc.oneof(
    anyUdp.map((value) => ({ View: UdpView, emit: emitUdp.bind(undefined, value), protocol: 17 })),
    anyTcp.map((value) => ({ View: TcpView, emit: emitTcp.bind(undefined, value), protocol: 6 })),
    anyIcmpv6.map((value) => ({ View: Icmpv6View, emit: emitIcmpv6.bind(undefined, value), protocol: 58 })),
  );
  const ipv4 = {
    trafficClass: 0,
    identification: 0,
    dontFragment: true,
    moreFragments: false,
    fragmentOffset: 0,
  };

  test('hold as they were emitted, and not with a bit flipped', () => {
    fc.assert(
      fc.property(segments, anyPseudo, fc.nat(), fc.nat(7), ({ View, emit, protocol }, pseudo, at, bit) => {
        const payload = emitted((into) => emit(into, pseudo)).slice();
        const isV6 = pseudo.source.includes(':');
        const bytes = emitted((into) =>
          isV6
            ? emitIpv6(
                { ...pseudo, trafficClass: 0, flowLabel: 0, nextHeader: protocol, hopLimit: 1, payload },
                into,
              )
            : emitIpv4({ ...pseudo, ...ipv4, protocol, ttl: 1, options: new Uint8Array(), payload }, into),
        );
        const ip = (isV6 ? Ipv6View.over(bytes) : Ipv4View.over(bytes))!;
        const segment = new View();
        expect(segment.enter(ip) && segment.checksumHolds(ip)).toBe(true);
        // Bits of the length and of the checksum itself would be other tests.
        bytes[ip.payloadOffset + (at % 4)]! ^= 1 << bit;
        expect(segment.checksumHolds(ip)).toBe(false);
      }),
    );
  });

  test('of UDP may be none on IPv4 only, and need the whole datagram', () => {
    const bytes = emitted((into) =>
      emitUdp({ sourcePort: 1, destinationPort: 2, payload: new Uint8Array(4) }, into),
    );
    const udp = UdpView.over(bytes)!;
    expect([udp.checksumHolds(new Ipv4View()), udp.checksumHolds(new Ipv6View())]).toEqual([true, false]);
    udp.reset(bytes, 0, 11);
    expect(udp.checksumHolds(new Ipv4View())).toBe(false);
  });
});

test('sums of any length and place are right, before and after a view has summed many bytes', () => {
  const large = fc.uint8Array({ minLength: 600, maxLength: 2000 });
  fc.assert(
    fc.property(large, fc.nat(300), fc.integer({ min: 8, max: 300 }), (bytes, offset, length) => {
      const icmp = new IcmpView();
      const expected = naiveChecksum(bytes.subarray(offset, offset + length)) === 0;
      icmp.reset(bytes, offset, offset + length);
      expect(icmp.checksumHolds).toBe(expected);
      icmp.reset(bytes);
      expect(icmp.checksumHolds).toBe(naiveChecksum(bytes) === 0);
      icmp.reset(bytes, offset, offset + length);
      expect(icmp.checksumHolds).toBe(expected);
      // Made right, and wrong by one.
      bytes.set([0, 0], offset + 2);
      icmp.checksum = naiveChecksum(bytes.subarray(offset, offset + length));
      expect(icmp.checksumHolds).toBe(true);
      icmp.checksum = (icmp.checksum + 1) & 0xffff;
      expect(icmp.checksumHolds).toBe(icmp.checksum === 0);
    }),
  );
});
