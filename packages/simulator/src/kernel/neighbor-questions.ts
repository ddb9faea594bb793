/** Asking who has an address: by ARP for IPv4, by neighbor solicitation for IPv6 (RFC 4861, section 7.2). */
import {
  emitIcmpv6,
  familyOf,
  type Icmpv6Message,
  type IpAddress,
  IpProtocol,
  icmpv6Bytes,
  ipFromBytes,
  ipToBytes,
  linkAddressOf,
  linkAddressOption,
  type MacAddress,
  NdpOptionType,
} from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { askByArp } from './arp.js';
import { frame, sendIp } from './ip-output.js';
import { ipPacket, readIp } from './ip-packet.js';
import type { Netns } from './netns.js';
import { answerTo, type Packet } from './packet.js';

/** Only what comes from the link itself arrives with it. */
const FULL_HOP_LIMIT = 255;
const ETHERTYPE_IPV6 = 0x86dd;

export function askNeighbor(
  netns: Netns,
  device: Device,
  address: IpAddress,
  about: Packet,
  mac: MacAddress | undefined,
): void {
  const family = familyOf(address);
  const sender = senderFor(netns, device, address, about);
  if (sender === undefined) return;
  if (family === 4) {
    askByArp(device, sender, address, about, mac);
    return;
  }
  const options = [linkAddressOption(NdpOptionType.sourceLinkAddress, device.mac)];
  const destination = mac === undefined ? solicitedNode(address) : address;
  const message = { kind: 'neighbor-solicitation', target: address, options } as const;
  const bytes = ndpPacket(sender, destination, message);
  const target = mac ?? (`33:33:ff:${macTail(address)}` as MacAddress);
  device.transmit(answerTo(about, frame(target, device.mac, ETHERTYPE_IPV6, bytes), 'resolution'));
}

/** The packet's own source where it is this host's, else the device's best (arp_solicit; ndisc_solicit). */
function senderFor(netns: Netns, device: Device, address: IpAddress, about: Packet): IpAddress | undefined {
  const source = sourceOf(about.bytes);
  const family = familyOf(address);
  if (source !== undefined && familyOf(source) === family && netns.fib.isLocal(source)) {
    const isOnDevice = netns.addressesOf(device.name).some((one) => one.address.startsWith(`${source}/`));
    if (family === 4 || isOnDevice) return source;
  }
  if (family === 4) return netns.sourceAddress(device.name, 4, address);
  return (
    netns.sourceAddress(device.name, 6, 'fe80::' as IpAddress) ?? netns.sourceAddress(device.name, 6, address)
  );
}

const sourceOf = (bytes: Uint8Array): IpAddress | undefined => readIp(bytes)?.source;

const macTail = (address: IpAddress): string =>
  [...ipToBytes(address).slice(13)].map((byte) => byte.toString(16).padStart(2, '0')).join(':');

/** RFC 4291, section 2.7.1. */
function solicitedNode(address: IpAddress): IpAddress {
  const tail = ipToBytes(address).slice(13);
  return ipFromBytes(Uint8Array.of(0xff, 2, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0xff, ...tail));
}

function ndpPacket(source: IpAddress, destination: IpAddress, message: Icmpv6Message): Uint8Array {
  const payload = new Uint8Array(icmpv6Bytes(message));
  emitIcmpv6(message, payload, { source, destination });
  return ipPacket({ source, destination, protocol: IpProtocol.icmpv6, ttl: FULL_HOP_LIMIT, payload });
}

/** Returns whether the message was one of neighbors'. */
export function receiveNeighborMessage(
  netns: Netns,
  device: Device,
  packet: Packet,
  source: IpAddress,
  message: Icmpv6Message,
): boolean {
  if (message.kind === 'neighbor-advertisement') {
    const mac = linkAddressOf(message.options, NdpOptionType.targetLinkAddress);
    if (mac !== undefined) netns.neighbors.hear(device, message.target, mac, message.solicited, false);
    return true;
  }
  if (message.kind !== 'neighbor-solicitation') return false;
  const { target, options } = message;
  const asker = linkAddressOf(options, NdpOptionType.sourceLinkAddress);
  const isOurs = netns.addressesOf(device.name).some(({ address }) => address.startsWith(`${target}/`));
  if (!isOurs) return true;
  if (asker !== undefined) netns.neighbors.hear(device, source, asker, false, true);
  const reply = {
    ...({ kind: 'neighbor-advertisement', target, solicited: true, override: true } as const),
    router: netns.sysctls.isForwarding(6, device.name),
    options: [linkAddressOption(NdpOptionType.targetLinkAddress, device.mac)],
  };
  sendIp(netns, answerTo(packet, ndpPacket(target, source, reply), 'resolution'), { oif: device.name });
  return true;
}
