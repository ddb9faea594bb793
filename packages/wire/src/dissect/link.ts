/** Dissectors of the link layer: Ethernet, Linux cooked captures, 802.1Q tags, ARP, and bytes nobody claims. */

import { ARP_BYTES, ArpOperation } from '../arp.js';
import { ETHERNET_HEADER_BYTES, EtherType } from '../ethernet.js';
import { type Dissection, hexNumber, LayerBuilder, type ProtocolName, type Scope } from './layer.js';

const ETHER_TYPES: ReadonlyMap<number, ProtocolName> = new Map([
  [EtherType.ipv4, 'ipv4'],
  [EtherType.arp, 'arp'],
  [EtherType.vlan, 'vlan'],
  [EtherType.ipv6, 'ipv6'],
]);

const etherTypeNote = (value: number) => ETHER_TYPES.get(value);

export function dissectEthernet(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'ethernet', 'RFC 894');
  if (layer.available < ETHERNET_HEADER_BYTES) return layer.cutShort(ETHERNET_HEADER_BYTES, 'Ethernet');
  const destination = layer.mac('destination', 0);
  const source = layer.mac('source', 6);
  const type = layer.number('type', 12, 2, etherTypeNote);
  const next = layer.next(ETHER_TYPES.get(type) ?? 'data', ETHERNET_HEADER_BYTES);
  return layer.done(ETHERNET_HEADER_BYTES, `${source} > ${destination}, type ${hexNumber(type, 4)}`, next);
}

const PACKET_TYPES = ['to us', 'broadcast', 'multicast', 'to another host', 'from us'];

const packetTypeNote = (value: number) => PACKET_TYPES[value];

const SLL_BYTES = 16;

export function dissectLinuxSll(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'linux-sll', 'LINKTYPE_LINUX_SLL');
  if (layer.available < SLL_BYTES) return layer.cutShort(SLL_BYTES, 'Linux cooked');
  const packetType = layer.number('packet type', 0, 2, packetTypeNote);
  layer.number('hardware type', 2, 2);
  cookedAddress(layer, layer.number('address length', 4, 2), 6);
  return cookedNext(layer, layer.number('protocol', 14, 2, etherTypeNote), packetType, SLL_BYTES);
}

const SLL2_BYTES = 20;

export function dissectLinuxSll2(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'linux-sll2', 'LINKTYPE_LINUX_SLL2');
  if (layer.available < SLL2_BYTES) return layer.cutShort(SLL2_BYTES, 'Linux cooked');
  const protocol = layer.number('protocol', 0, 2, etherTypeNote);
  layer.number('interface index', 4, 4);
  layer.number('hardware type', 8, 2);
  const packetType = layer.number('packet type', 10, 1, packetTypeNote);
  cookedAddress(layer, layer.number('address length', 11, 1), 12);
  return cookedNext(layer, protocol, packetType, SLL2_BYTES);
}

/** Of the sender, in 8 bytes whatever its length. */
function cookedAddress(layer: LayerBuilder, length: number, at: number): void {
  if (length === 6) layer.mac('source', at);
  else layer.raw('source', at, 8);
}

function cookedNext(layer: LayerBuilder, protocol: number, packetType: number, bytes: number): Dissection {
  const summary = `Linux cooked, ${packetTypeNote(packetType) ?? packetType}, type ${hexNumber(protocol, 4)}`;
  return layer.done(bytes, summary, layer.next(ETHER_TYPES.get(protocol) ?? 'data', bytes));
}

export function dissectVlan(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'vlan', 'IEEE 802.1Q');
  if (layer.available < 4) return layer.cutShort(4, 'VLAN');
  layer.bits('priority', 0, 2, [13, 3]);
  layer.flag('drop eligible', 0, 2, 12);
  const id = layer.bits('id', 0, 2, [0, 12]);
  const type = layer.number('type', 2, 2, etherTypeNote);
  return layer.done(4, `vlan ${id}`, layer.next(ETHER_TYPES.get(type) ?? 'data', 4));
}

export function dissectArp(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'arp', 'RFC 826');
  if (layer.available < ARP_BYTES) return layer.cutShort(ARP_BYTES, 'ARP');
  const hardware = layer.number('hardware type', 0, 2, (value) => (value === 1 ? 'Ethernet' : undefined));
  const protocol = layer.number('protocol type', 2, 2, etherTypeNote);
  const sizes = [layer.number('hardware size', 4, 1), layer.number('protocol size', 5, 1)];
  const isKnown = hardware === 1 && protocol === EtherType.ipv4 && sizes[0] === 6 && sizes[1] === 4;
  if (!isKnown) layer.problem('not ARP for IPv4 over Ethernet');
  const operation = layer.number('operation', 6, 2, operationNote);
  const senderMac = layer.mac('sender MAC', 8);
  const sender = layer.ip('sender IP', 14, 4);
  layer.mac('target MAC', 18);
  const target = layer.ip('target IP', 24, 4);
  return layer.done(
    ARP_BYTES,
    arpSummary(operation, sender, senderMac, target),
    layer.next('data', ARP_BYTES),
  );
}

function operationNote(operation: number): string | undefined {
  if (operation === ArpOperation.request) return 'request';
  return operation === ArpOperation.reply ? 'reply' : undefined;
}

function arpSummary(operation: number, sender: string, senderMac: string, target: string): string {
  if (operation === ArpOperation.request) return `ARP who-has ${target} tell ${sender}`;
  if (operation !== ArpOperation.reply) return `ARP operation ${operation}`;
  return `ARP ${sender} is-at ${senderMac}`;
}

export function dissectData(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'data');
  const length = layer.available;
  if (length > 0) layer.raw('bytes', 0, length);
  return layer.done(length, `${length} bytes`);
}
