/** A whole frame wrapped in Ethernet, IP, UDP and VXLAN at once, and unwrapped: for people, not for every packet. */

import { familyOf, type IpAddress } from './address.js';
import { uint16At } from './bytes.js';
import { ETHERNET_HEADER_BYTES, EtherType, emitEthernet, parseEthernet } from './ethernet.js';
import { IpProtocol } from './ip-protocol.js';
import { emitIpv4, parseIpv4 } from './ipv4.js';
import { IPV4_HEADER_BYTES } from './ipv4-view.js';
import { emitIpv6, IPV6_HEADER_BYTES, parseIpv6 } from './ipv6.js';
import type { MacAddress } from './mac.js';
import { emitUdp, parseUdp, UDP_HEADER_BYTES } from './udp.js';
import { emitVxlan, isVxlanPort, parseVxlan, VXLAN_PORT_LINUX, vxlanBytes } from './vxlan.js';

/** The outside of a frame on its way between two hosts. */
export interface VxlanTunnel {
  readonly vni: number;
  /** Of the hosts, not of the VTEPs. */
  readonly sourceMac: MacAddress;
  readonly destinationMac: MacAddress;
  readonly source: IpAddress;
  /** Of the same family as `source`. */
  readonly destination: IpAddress;
  /** 49152 where none is given. Senders choose one for each flow, so that equal-cost paths share the load. */
  readonly sourcePort?: number;
  /** {@link VXLAN_PORT_LINUX} where none is given. */
  readonly destinationPort?: number;
  /** 64 where none is given. */
  readonly ttl?: number;
  /** Over IPv4, where RFC 7348 would rather have none; over IPv6 there always is one. */
  readonly udpChecksum?: boolean;
}

const FIRST_DYNAMIC_PORT = 49_152;
const DEFAULT_TTL = 64;

/**
 * The frame with all that carries it from host to host around it. What is too large or too wide is a RangeError,
 * addresses of two families are a TypeError.
 *
 * @example
 * ```ts
 * import { encapVxlan, parseIpAddress, parseMacAddress, summarize } from '@podlan/wire';
 *
 * const arp = new Uint8Array(42).fill(0xff, 0, 6);
 * arp.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
 * const hosts = {
 *   sourceMac: parseMacAddress('02:00:00:00:00:0a')!,
 *   destinationMac: parseMacAddress('02:00:00:00:00:0b')!,
 *   source: parseIpAddress('192.168.77.10')!,
 *   destination: parseIpAddress('192.168.77.11')!,
 * };
 * const outer = encapVxlan(arp, { vni: 1, ...hosts });
 * outer.length - arp.length; // => 50
 * summarize(outer).split(': ')[0]; // => 'IP 192.168.77.10 > 192.168.77.11'
 * summarize(outer).split(': ')[2]; // => 'VXLAN vni 1'
 * ```
 */
export function encapVxlan(frame: Uint8Array, tunnel: VxlanTunnel): Uint8Array {
  const { vni, sourcePort = FIRST_DYNAMIC_PORT, destinationPort = VXLAN_PORT_LINUX } = tunnel;
  const family = familyOf(tunnel.source);
  const payload = emitted(vxlanBytes({ vni, payload: frame }), (into) =>
    emitVxlan({ vni, payload: frame }, into),
  );
  const pseudo = family === 6 || tunnel.udpChecksum ? tunnel : undefined;
  const datagram = emitted(UDP_HEADER_BYTES + payload.length, (into) =>
    emitUdp({ sourcePort, destinationPort, payload }, into, pseudo),
  );
  const packet = family === 6 ? ipv6Packet(tunnel, datagram) : ipv4Packet(tunnel, datagram);
  const etherType = family === 6 ? EtherType.ipv6 : EtherType.ipv4;
  const macs = { source: tunnel.sourceMac, destination: tunnel.destinationMac };
  return emitted(ETHERNET_HEADER_BYTES + packet.length, (into) =>
    emitEthernet({ ...macs, etherType, payload: packet }, into),
  );
}

function emitted(length: number, emit: (into: Uint8Array) => number): Uint8Array {
  const into = new Uint8Array(length);
  emit(into);
  return into;
}

function ipv4Packet(
  { source, destination, ttl = DEFAULT_TTL }: VxlanTunnel,
  payload: Uint8Array,
): Uint8Array {
  const fragment = { identification: 0, dontFragment: false, moreFragments: false, fragmentOffset: 0 };
  const fields = { protocol: IpProtocol.udp, ttl, trafficClass: 0, options: new Uint8Array(0), payload };
  return emitted(IPV4_HEADER_BYTES + payload.length, (into) =>
    emitIpv4({ source, destination, ...fragment, ...fields }, into),
  );
}

function ipv6Packet(
  { source, destination, ttl = DEFAULT_TTL }: VxlanTunnel,
  payload: Uint8Array,
): Uint8Array {
  const fields = { trafficClass: 0, flowLabel: 0, nextHeader: IpProtocol.udp, hopLimit: ttl, payload };
  return emitted(IPV6_HEADER_BYTES + payload.length, (into) =>
    emitIpv6({ source, destination, ...fields }, into),
  );
}

/** What {@link decapVxlan} finds; {@link encapVxlan} makes a frame of the two again. */
export interface VxlanContent {
  readonly frame: Uint8Array;
  readonly tunnel: Required<VxlanTunnel>;
}

/**
 * The frame inside, and its outside; `undefined` where this is no VXLAN packet on one of the two ports, whole and with
 * right checksums. The inner frame is not looked at.
 *
 * @example
 * ```ts
 * import { decapVxlan, encapVxlan, parseIpAddress, parseMacAddress } from '@podlan/wire';
 *
 * const sourceMac = parseMacAddress('02:00:00:00:00:0a')!;
 * const source = parseIpAddress('fd00:77::a')!;
 * const tunnel = { vni: 7, sourceMac, destinationMac: sourceMac, source, destination: source };
 * const outer = encapVxlan(Uint8Array.of(1, 2, 3), tunnel);
 * const content = decapVxlan(outer)!;
 * [...content.frame]; // => [1, 2, 3]
 * [content.tunnel.vni, content.tunnel.destinationPort]; // => [7, 8472]
 * decapVxlan(content.frame); // => undefined
 * ```
 */
export function decapVxlan(frame: Uint8Array): VxlanContent | undefined {
  const ethernet = parseEthernet(frame);
  const packet = ethernet && outerPacket(ethernet.etherType, ethernet.payload);
  const udp = packet && parseUdp(packet.payload, packet);
  if (!udp || !isVxlanPort(udp.destinationPort)) return undefined;
  const vxlan = parseVxlan(udp.payload);
  if (!vxlan) return undefined;
  const { source, destination, ttl } = packet;
  const macs = { sourceMac: ethernet.source, destinationMac: ethernet.destination };
  const ports = { sourcePort: udp.sourcePort, destinationPort: udp.destinationPort };
  const udpChecksum = uint16At(packet.payload, 6) !== 0;
  return {
    frame: vxlan.payload,
    tunnel: { vni: vxlan.vni, ...macs, source, destination, ttl, ...ports, udpChecksum },
  };
}

function outerPacket(etherType: number, bytes: Uint8Array) {
  if (etherType === EtherType.ipv4) {
    const packet = parseIpv4(bytes);
    const isFragment = packet && (packet.moreFragments || packet.fragmentOffset > 0);
    return packet?.protocol === IpProtocol.udp && !isFragment ? packet : undefined;
  }
  const packet = etherType === EtherType.ipv6 ? parseIpv6(bytes) : undefined;
  return packet?.nextHeader === IpProtocol.udp ? { ...packet, ttl: packet.hopLimit } : undefined;
}
