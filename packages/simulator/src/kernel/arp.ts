/** ARP of a host (net/ipv4/arp.c): it answers for every address it has, on whatever device it is asked. */
import {
  ARP_BYTES,
  ArpOperation,
  ArpView,
  BROADCAST_MAC,
  EtherType,
  emitArp,
  type IpAddress,
  type MacAddress,
} from '@podlan/wire';
import type { Device } from '../devices/device.js';
import { leadsBy } from './fib.js';
import { frame } from './ip-output.js';
import type { Netns } from './netns.js';
import { answerTo, type Packet } from './packet.js';

const NO_MAC = '00:00:00:00:00:00' as MacAddress;

export function receiveArp(netns: Netns, device: Device, packet: Packet): void {
  const arp = readArp(packet.bytes);
  if (arp === undefined) {
    netns.drop(packet, 'malformed', 'no ARP packet');
    return;
  }
  const { operation, senderIp, senderMac, targetIp } = arp;
  const isRequest = operation === ArpOperation.request;
  const forUs = netns.fib.isLocal(targetIp);
  netns.neighbors.hear(device, senderIp, senderMac, !isRequest, isRequest && forUs);
  if (!isRequest || !answers(netns, device, targetIp, forUs) || isUnreachableBy(netns, device, senderIp))
    return;
  const reply = arpPacket(ArpOperation.reply, device.mac, targetIp, senderMac, senderIp);
  device.transmit(answerTo(packet, frame(senderMac, device.mac, EtherType.arp, reply), 'resolution'));
}

interface Arp {
  readonly operation: number;
  readonly senderIp: IpAddress;
  readonly senderMac: MacAddress;
  readonly targetIp: IpAddress;
}

/** The last one read: one request comes to all hosts of a link, and bytes are never written to. */
let lastBytes: Uint8Array | undefined;
let lastArp: Arp | undefined;

function readArp(bytes: Uint8Array): Arp | undefined {
  if (lastBytes?.buffer === bytes.buffer && lastBytes.byteOffset === bytes.byteOffset) return lastArp;
  const view = ArpView.over(bytes);
  lastBytes = bytes;
  lastArp = view && {
    operation: view.operation,
    senderIp: view.senderIp,
    senderMac: view.senderMac,
    targetIp: view.targetIp,
  };
  return lastArp;
}

/** arp_ignore: 0 answers for any address of the host, 1 for those of the device, 8 for none. */
function answers(netns: Netns, device: Device, target: IpAddress, forUs: boolean): boolean {
  if (!forUs) return isProxied(netns, device, target);
  const ignore = netns.sysctls.largest(device.name, 'arp_ignore');
  if (ignore === 0) return true;
  return (
    ignore < 8 && netns.addressesOf(device.name, 4).some(({ address }) => address.startsWith(`${target}/`))
  );
}

function isProxied(netns: Netns, device: Device, target: IpAddress): boolean {
  if (netns.sysctls.largest(device.name, 'proxy_arp') === 0 || !netns.sysctls.isForwarding(4, device.name))
    return false;
  const match = netns.fib.lookup({ destination: target });
  return match !== undefined && match.route.dev !== device.name;
}

/** rp_filter holds for those who ask, too. */
function isUnreachableBy(netns: Netns, device: Device, sender: IpAddress): boolean {
  if (sender === '0.0.0.0') return false;
  if (netns.sysctls.largest(device.name, 'rp_filter') !== 1) return false;
  const back = netns.fib.lookup({ destination: sender });
  return back === undefined || !leadsBy(back.route, device.name);
}

/** Who has `target`? To all, or to the one who had it. */
export function askByArp(
  device: Device,
  sender: IpAddress,
  target: IpAddress,
  about: Packet,
  mac: MacAddress = BROADCAST_MAC,
): void {
  const request = arpPacket(ArpOperation.request, device.mac, sender, NO_MAC, target);
  device.transmit(answerTo(about, frame(mac, device.mac, EtherType.arp, request), 'resolution'));
}

function arpPacket(
  operation: number,
  senderMac: MacAddress,
  senderIp: IpAddress,
  targetMac: MacAddress,
  targetIp: IpAddress,
): Uint8Array {
  const bytes = new Uint8Array(ARP_BYTES);
  emitArp({ operation, senderMac, senderIp, targetMac, targetIp }, bytes);
  return bytes;
}
