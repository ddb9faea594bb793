/** Parses a frame layer by layer and emits every layer anew, into buffers full of 0xa5. */

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
  type Ipv6Packet,
  isIpv6Extension,
  type PseudoHeader,
  parseArp,
  parseEthernet,
  parseIcmp,
  parseIcmpv6,
  parseIpv4,
  parseIpv6,
  parseTcp,
  parseUdp,
  parseVxlan,
  skipExtensions,
  UdpView,
} from '../src/index.js';

export function emitted(emit: (into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(70_000).fill(0xa5);
  const length = emit(into);
  if (into.subarray(length).some((byte) => byte !== 0xa5)) throw new Error('wrote beyond what it returned');
  return into.subarray(0, length);
}

function must<T>(value: T | undefined, what: string): T {
  if (value === undefined) throw new Error(`${what} was refused`);
  return value;
}

export function reemitEthernet(bytes: Uint8Array): Uint8Array {
  const frame = must(parseEthernet(bytes), 'Ethernet');
  const payload = reemitEtherPayload(frame.etherType, frame.payload);
  return emitted((into) => emitEthernet({ ...frame, payload }, into));
}

function reemitEtherPayload(etherType: number, bytes: Uint8Array): Uint8Array {
  if (etherType === EtherType.arp) return emitted((into) => emitArp(must(parseArp(bytes), 'ARP'), into));
  if (etherType === EtherType.ipv4) return reemitIpv4(bytes);
  if (etherType === EtherType.ipv6) return reemitIpv6(bytes);
  return bytes;
}

function reemitIpv4(bytes: Uint8Array): Uint8Array {
  const packet = must(parseIpv4(bytes), 'IPv4');
  const isFragment = packet.moreFragments || packet.fragmentOffset > 0;
  const payload = isFragment ? packet.payload : reemitTransport(packet.protocol, packet.payload, packet);
  return emitted((into) => emitIpv4({ ...packet, payload }, into));
}

function reemitIpv6(bytes: Uint8Array): Uint8Array {
  const packet = must(parseIpv6(bytes), 'IPv6');
  const payload = reemitBehindExtensions(packet);
  return emitted((into) => emitIpv6({ ...packet, payload }, into));
}

function reemitBehindExtensions(packet: Ipv6Packet): Uint8Array {
  const upper = must(skipExtensions(packet), 'extension headers');
  if (upper.fragment) return packet.payload;
  if (!isIpv6Extension(packet.nextHeader)) return reemitTransport(upper.protocol, upper.payload, packet);
  const extensions = packet.payload.subarray(0, packet.payload.length - upper.payload.length);
  return Uint8Array.of(...extensions, ...reemitTransport(upper.protocol, upper.payload, packet));
}

function reemitTransport(protocol: number, bytes: Uint8Array, pseudo: PseudoHeader): Uint8Array {
  switch (protocol) {
    case IpProtocol.icmp:
      return emitted((into) => emitIcmp(must(parseIcmp(bytes), 'ICMP'), into));
    case IpProtocol.icmpv6:
      return emitted((into) => emitIcmpv6(must(parseIcmpv6(bytes, pseudo), 'ICMPv6'), into, pseudo));
    case IpProtocol.tcp:
      return emitted((into) => emitTcp(must(parseTcp(bytes, pseudo), 'TCP'), into, pseudo));
    case IpProtocol.udp:
      return reemitUdp(bytes, pseudo);
    default:
      return bytes;
  }
}

function reemitUdp(bytes: Uint8Array, pseudo: PseudoHeader): Uint8Array {
  const datagram = must(parseUdp(bytes, pseudo), 'UDP');
  const hasChecksum = must(UdpView.over(bytes), 'UDP').checksum !== 0;
  const isVxlan = datagram.destinationPort === 8472 || datagram.destinationPort === 4789;
  const payload = isVxlan ? reemitVxlan(datagram.payload) : datagram.payload;
  return emitted((into) => emitUdp({ ...datagram, payload }, into, hasChecksum ? pseudo : undefined));
}

function reemitVxlan(bytes: Uint8Array): Uint8Array {
  const packet = must(parseVxlan(bytes), 'VXLAN');
  return emitted((into) => emitVxlan({ ...packet, payload: reemitEthernet(packet.payload) }, into));
}
