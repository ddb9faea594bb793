/** Arbitrary frames in which nothing is wrong, tunneled ones among them. */

import fc from 'fast-check';
import {
  EtherType,
  emitArp,
  emitEthernet,
  emitIcmp,
  emitIcmpv6,
  emitIpv4,
  emitIpv6,
  emitTcp,
  emitUdp,
  emitVxlan,
  IpProtocol,
  isVxlanPort,
  type PseudoHeader,
  type VxlanTunnel,
} from '../src/index.js';
import * as any from './arbitrary.js';

export const emitted = (emit: (into: Uint8Array) => number): Uint8Array => {
  const into = new Uint8Array(4096);
  return into.slice(0, emit(into));
};

type Segment = (pseudo: PseudoHeader) => { readonly protocol: number; readonly payload: Uint8Array };

const udp: fc.Arbitrary<Segment> = fc
  .tuple(any.anyUdp, fc.boolean())
  .filter(([{ destinationPort }]) => !isVxlanPort(destinationPort))
  .map(
    ([datagram, isSummed]): Segment =>
      (pseudo) => ({
        protocol: IpProtocol.udp,
        payload: emitted((into) =>
          emitUdp(datagram, into, isSummed || pseudo.source.includes(':') ? pseudo : undefined),
        ),
      }),
  );

const tcp: fc.Arbitrary<Segment> = any.anyTcp.map(
  (segment): Segment =>
    (pseudo) => ({
      protocol: IpProtocol.tcp,
      payload: emitted((into) => emitTcp({ ...segment, options: new Uint8Array(0) }, into, pseudo)),
    }),
);

const echo = fc.record({
  ...{ kind: fc.constantFrom('echo-request' as const, 'echo-reply' as const), data: fc.uint8Array() },
  ...{ identifier: fc.nat(0xffff), sequence: fc.nat(0xffff) },
});

const ping: fc.Arbitrary<Segment> = echo.map(
  (message): Segment =>
    (pseudo) =>
      pseudo.source.includes(':')
        ? { protocol: IpProtocol.icmpv6, payload: emitted((into) => emitIcmpv6(message, into, pseudo)) }
        : { protocol: IpProtocol.icmp, payload: emitted((into) => emitIcmp(message, into)) },
);

const vxlanOf = (frame: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Segment> =>
  fc.tuple(fc.nat(0xffffff), fc.constantFrom(8472, 4789), fc.boolean(), frame).map(
    ([vni, destinationPort, isSummed, content]): Segment =>
      (pseudo) => {
        const payload = emitted((into) => emitVxlan({ vni, payload: content }, into));
        const datagram = { sourcePort: 50_000, destinationPort, payload };
        const under = isSummed || pseudo.source.includes(':') ? pseudo : undefined;
        return { protocol: IpProtocol.udp, payload: emitted((into) => emitUdp(datagram, into, under)) };
      },
  );

const arpFrame = fc
  .tuple(any.anyEthernet, any.anyArp)
  .map(([ethernet, arp]) =>
    emitted((into) =>
      emitEthernet(
        { ...ethernet, etherType: EtherType.arp, payload: emitted((inner) => emitArp(arp, inner)) },
        into,
      ),
    ),
  );

const ipFrame = (segment: fc.Arbitrary<Segment>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(any.anyEthernet, any.anyIpv4, any.anyIpv6, fc.boolean(), segment, fc.nat(6))
    .map(([ethernet, ipv4, ipv6, isIpv4, segmentOf, padding]) => {
      const { protocol, payload } = segmentOf(isIpv4 ? ipv4 : ipv6);
      const whole = { moreFragments: false, fragmentOffset: 0 };
      const packet = emitted((into) =>
        isIpv4
          ? emitIpv4({ ...ipv4, ...whole, protocol, payload }, into)
          : emitIpv6({ ...ipv6, nextHeader: protocol, payload }, into),
      );
      const padded = Uint8Array.of(...packet, ...new Uint8Array(padding));
      const etherType = isIpv4 ? EtherType.ipv4 : EtherType.ipv6;
      return emitted((into) => emitEthernet({ ...ethernet, etherType, payload: padded }, into));
    });

const plain = fc.oneof(arpFrame, ipFrame(fc.oneof(udp, tcp, ping)));
export const anyFrame = fc.oneof(plain, ipFrame(vxlanOf(fc.oneof(plain, ipFrame(vxlanOf(plain))))));

export const anyTunnel: fc.Arbitrary<Required<VxlanTunnel>> = fc
  .tuple(
    any.anyEthernet,
    any.anyPseudo,
    fc.nat(0xffffff),
    any.anyUdp,
    fc.constantFrom(8472, 4789),
    fc.boolean(),
  )
  .map(([macs, addresses, vni, { sourcePort }, destinationPort, isSummed]) => ({
    ...{ vni, sourceMac: macs.source, destinationMac: macs.destination, ttl: vni % 256 },
    ...{ source: addresses.source, destination: addresses.destination, sourcePort, destinationPort },
    udpChecksum: isSummed || addresses.source.includes(':'),
  }));
