/** Dissectors of IPv4 and IPv6 with its extension headers. */

import type { IpAddress } from '../address.js';
import { IpProtocol } from '../ip-protocol.js';
import { IPV4_HEADER_BYTES } from '../ipv4-view.js';
import { IPV6_HEADER_BYTES } from '../ipv6.js';
import { declaredExtensionBytes, ipv6ExtensionBytes, isIpv6Extension } from '../ipv6-extensions.js';
import { type Dissection, hexNumber, LayerBuilder, type ProtocolName, type Scope } from './layer.js';

const PROTOCOLS: ReadonlyMap<number, ProtocolName> = new Map([
  [IpProtocol.icmp, 'icmp'],
  [IpProtocol.tcp, 'tcp'],
  [IpProtocol.udp, 'udp'],
  [IpProtocol.icmpv6, 'icmpv6'],
]);

function protocolOf(number: number): ProtocolName {
  return isIpv6Extension(number) ? 'ipv6-extension' : (PROTOCOLS.get(number) ?? 'data');
}

const NAMES: ReadonlyMap<number, string> = new Map(
  Object.entries(IpProtocol).map(([name, number]) => [number, name]),
);

const protocolNote = (value: number) => NAMES.get(value);

export function dissectIpv4(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'ipv4', 'RFC 791, section 3.1');
  if (layer.available < IPV4_HEADER_BYTES) return layer.cutShort(IPV4_HEADER_BYTES, 'IPv4');
  const version = layer.bits('version', 0, 1, [4, 4]);
  if (version !== 4) layer.problem(`version is ${version}, not 4`);
  const headerBytes = layer.bits('header words', 0, 1, [0, 4]) * 4;
  if (headerBytes < IPV4_HEADER_BYTES) layer.problem(`header length ${headerBytes} is below 20`);
  if (headerBytes > layer.available) return layer.cutShort(headerBytes, 'IPv4');
  const { total, isLater, isFragment } = lengthsAndFragment(layer, headerBytes);
  layer.number('ttl', 8, 1);
  const protocol = layer.number('protocol', 9, 1, protocolNote);
  layer.checksum(10, headerBytes < IPV4_HEADER_BYTES ? undefined : { length: headerBytes });
  const source = layer.ip('source', 12, 4);
  const destination = layer.ip('destination', 16, 4);
  if (headerBytes > IPV4_HEADER_BYTES) layer.raw('options', 20, headerBytes - IPV4_HEADER_BYTES);
  const end = contentEnd(layer, 'total length', total, headerBytes);
  const summary = `IP ${source} > ${destination}${fragmentText(layer, isFragment)}`;
  if (version !== 4 || headerBytes < IPV4_HEADER_BYTES) return layer.done(IPV4_HEADER_BYTES, summary);
  const inner = isLater ? 'data' : (PROTOCOLS.get(protocol) ?? 'data');
  const isWhole = !isFragment && total <= layer.available;
  const pseudo = isWhole ? { pseudo: { source, destination } } : {};
  return layer.done(headerBytes, summary, layer.next(inner, headerBytes, { end, ...pseudo }));
}

function lengthsAndFragment(layer: LayerBuilder, headerBytes: number) {
  layer.bits('dscp', 1, 1, [2, 6]);
  layer.bits('ecn', 1, 1, [0, 2]);
  const total = packetLength(layer, 'total length', 2, headerBytes);
  layer.number('identification', 4, 2);
  if (layer.flag('reserved', 6, 2, 15)) layer.problem('reserved flag is set');
  layer.flag('dont fragment', 6, 2, 14);
  const more = layer.flag('more fragments', 6, 2, 13);
  const offset = layer.bits('fragment offset', 6, 2, [0, 13, 8], 'in bytes');
  return { total, isLater: offset > 0, isFragment: more || offset > 0 };
}

function fragmentText(layer: LayerBuilder, isFragment: boolean): string {
  if (!isFragment) return '';
  const word = layer.peek(6, 2);
  return ` fragment ${layer.peek(4, 2)}@${(word % 0x2000) * 8}${word & 0x2000 ? '+' : ''}`;
}

/** Of the packet without the first `uncounted` bytes; a quote may be cut short of it. */
function packetLength(layer: LayerBuilder, name: string, at: number, least: number, uncounted = 0): number {
  const { available, scope } = layer;
  const isPossible = (length: number) =>
    length + uncounted >= least && (scope.isQuote || length + uncounted <= available);
  return layer.lengthField(name, at, isPossible, available - uncounted);
}

/** Where the packet ends by its own length field; a quote may end earlier. */
function contentEnd(layer: LayerBuilder, name: string, declared: number, least: number): number {
  const { available, scope } = layer;
  if (declared < least) layer.problem(`${name} ${declared} is below the header's ${least} bytes`);
  if (declared > available && !scope.isQuote) {
    layer.problem(`${name} is ${declared} bytes, ${available} are there`);
  }
  return scope.offset + Math.min(Math.max(declared, least), available);
}

export function dissectIpv6(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'ipv6', 'RFC 8200, section 3');
  if (layer.available < IPV6_HEADER_BYTES) return layer.cutShort(IPV6_HEADER_BYTES, 'IPv6');
  const version = layer.bits('version', 0, 1, [4, 4]);
  if (version !== 6) layer.problem(`version is ${version}, not 6`);
  layer.bits('traffic class', 0, 2, [4, 8]);
  layer.bits('flow label', 0, 4, [0, 20]);
  const length = packetLength(layer, 'payload length', 4, IPV6_HEADER_BYTES, IPV6_HEADER_BYTES);
  const header = layer.number('next header', 6, 1, protocolNote);
  layer.number('hop limit', 7, 1);
  const source = layer.ip('source', 8, 16);
  const destination = layer.ip('destination', 24, 16);
  const end = contentEnd(layer, 'packet', IPV6_HEADER_BYTES + length, IPV6_HEADER_BYTES);
  const summary = `IP6 ${source} > ${destination}`;
  if (version !== 6) return layer.done(IPV6_HEADER_BYTES, summary);
  const isWhole = IPV6_HEADER_BYTES + length <= layer.available;
  const more = { end, ...(isWhole && { pseudo: { source, destination } }) };
  return layer.done(IPV6_HEADER_BYTES, summary, upperLayer(layer, header, IPV6_HEADER_BYTES, more));
}

function upperLayer(layer: LayerBuilder, header: number, headerBytes: number, more: Partial<Scope>) {
  if (header === IpProtocol.noNextHeader) return layer.next('data', headerBytes, more);
  return layer.next(protocolOf(header), headerBytes, { ...more, header });
}

export function dissectIpv6Extension(scope: Scope): Dissection {
  const kind = scope.header ?? IpProtocol.hopByHop;
  const layer = new LayerBuilder(scope, 'ipv6-extension', 'RFC 8200, section 4');
  const length = ipv6ExtensionBytes(kind, layer.bytes);
  if (length === undefined)
    return layer.cutShort(neededBytes(layer, kind), `extension ${protocolNote(kind)}`);
  const header = layer.number('next header', 0, 1, protocolNote);
  if (kind === IpProtocol.fragment) return fragmentHeader(layer, header);
  layer.number('length', 1, 1, () => `${length} bytes in all`);
  layer.raw('content', 2, length - 2);
  return layer.done(
    length,
    `${protocolNote(kind)}`,
    upperLayer(layer, header, length, keepPseudo(scope.pseudo)),
  );
}

function neededBytes(layer: LayerBuilder, kind: number): number {
  return layer.available < 8 ? 8 : declaredExtensionBytes(kind, layer.peek(1, 1));
}

/** RFC 8200, section 4.5. */
function fragmentHeader(layer: LayerBuilder, header: number): Dissection {
  const offset = layer.bits('fragment offset', 2, 2, [3, 13, 8], 'in bytes');
  const more = layer.flag('more fragments', 2, 2, 0);
  const id = layer.number('identification', 4, 4);
  const summary = `fragment ${hexNumber(id, 8)}@${offset}${more ? '+' : ''}`;
  const isWhole = offset === 0 && !more;
  const pseudo = isWhole ? keepPseudo(layer.scope.pseudo) : {};
  return layer.done(8, summary, offset > 0 ? layer.next('data', 8) : upperLayer(layer, header, 8, pseudo));
}

function keepPseudo(pseudo: { source: IpAddress; destination: IpAddress } | undefined): Partial<Scope> {
  return pseudo ? { pseudo } : {};
}
