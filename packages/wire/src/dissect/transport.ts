/** Dissectors of UDP, TCP and VXLAN. */

import { pseudoHeaderSum } from '../checksum.js';
import { IpProtocol } from '../ip-protocol.js';
import { TCP_HEADER_BYTES, TcpFlag } from '../tcp.js';
import { parseTcpOptions, type TcpOption } from '../tcp-options.js';
import { UDP_HEADER_BYTES } from '../udp.js';
import { isVxlanPort, VXLAN_HEADER_BYTES } from '../vxlan.js';
import { type Dissection, LayerBuilder, type Scope } from './layer.js';

export function dissectUdp(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'udp', 'RFC 768');
  if (layer.available < UDP_HEADER_BYTES) return layer.cutShort(UDP_HEADER_BYTES, 'UDP');
  const source = layer.number('source port', 0, 2);
  const destination = layer.number('destination port', 2, 2);
  // A first fragment and a quote hold less than the datagram; only then may it be short.
  const mayBeShort = !scope.pseudo || scope.isQuote;
  const isPossible = (length: number) =>
    length >= UDP_HEADER_BYTES && (mayBeShort || length <= layer.available);
  const length = layer.lengthField('length', 4, isPossible, layer.available);
  if (!isPossible(length)) layer.problem(`length is ${length}, ${layer.available} bytes are there`);
  const isWhole = length >= UDP_HEADER_BYTES && length <= layer.available;
  udpChecksum(layer, isWhole ? length : undefined);
  const summary = `UDP ${source} > ${destination}, length ${Math.max(0, length - UDP_HEADER_BYTES)}`;
  if (length < UDP_HEADER_BYTES) return layer.done(UDP_HEADER_BYTES, summary);
  const end = scope.offset + Math.min(length, layer.available);
  const inner = isVxlanPort(destination) ? 'vxlan' : 'data';
  return layer.done(UDP_HEADER_BYTES, summary, layer.next(inner, UDP_HEADER_BYTES, { end }));
}

function udpChecksum(layer: LayerBuilder, length: number | undefined): void {
  const { pseudo } = layer.scope;
  if (layer.peek(6, 2) === 0 && !pseudo?.source.includes(':')) {
    layer.number('checksum', 6, 2, () => 'none');
  } else {
    const isVerifiable = pseudo && length !== undefined;
    const initial = isVerifiable ? pseudoHeaderSum(pseudo, IpProtocol.udp, length) : 0;
    layer.checksum(6, isVerifiable ? { length, initial, zero: 0xffff } : undefined);
  }
}

export function dissectVxlan(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'vxlan', 'RFC 7348, section 5');
  if (layer.available < VXLAN_HEADER_BYTES) return layer.cutShort(VXLAN_HEADER_BYTES, 'VXLAN');
  layer.number('flags', 0, 1);
  if (!layer.flag('vni valid', 0, 1, 3)) layer.problem('the I flag is not set, so the VNI is not valid');
  layer.add('reserved', layer.peek(0, 4) % 0x1000000, 1, 3);
  const vni = Math.floor(layer.peek(4, 4) / 256);
  layer.add('vni', vni, 4, 3);
  layer.number('reserved', 7, 1);
  const next = layer.problems.length > 0 ? 'data' : 'ethernet';
  return layer.done(VXLAN_HEADER_BYTES, `VXLAN vni ${vni}`, layer.next(next, VXLAN_HEADER_BYTES));
}

export function dissectTcp(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'tcp', 'RFC 9293, section 3.1');
  // RFC 792 promises only 8 bytes of a quoted header: the ports and the sequence number.
  if (scope.isQuote && layer.available >= 8 && layer.available < TCP_HEADER_BYTES) return quotedTcp(layer);
  if (layer.available < TCP_HEADER_BYTES) return layer.cutShort(TCP_HEADER_BYTES, 'TCP');
  const source = layer.number('source port', 0, 2);
  const destination = layer.number('destination port', 2, 2);
  const sequence = layer.number('sequence', 4, 4);
  layer.number('acknowledgment', 8, 4);
  const headerBytes = layer.bits('header words', 12, 1, [4, 4]) * 4;
  const flags = flagText(layer.bits('flags', 12, 2, [0, 9]));
  layer.number('window', 14, 2);
  layer.checksum(16, layer.coveredWithPseudo(IpProtocol.tcp));
  layer.number('urgent pointer', 18, 2);
  const summary = `TCP ${source} > ${destination} [${flags}] seq ${sequence}`;
  if (headerBytes < TCP_HEADER_BYTES || headerBytes > layer.available)
    return badTcpLength(layer, headerBytes, summary);
  tcpOptions(layer, headerBytes);
  const length = layer.available - headerBytes;
  return layer.done(headerBytes, `${summary}, length ${length}`, layer.next('data', headerBytes));
}

function quotedTcp(layer: LayerBuilder): Dissection {
  const source = layer.number('source port', 0, 2);
  const destination = layer.number('destination port', 2, 2);
  const sequence = layer.number('sequence', 4, 4);
  return layer.done(layer.available, `TCP ${source} > ${destination} seq ${sequence}`);
}

function badTcpLength(layer: LayerBuilder, headerBytes: number, summary: string): Dissection {
  layer.problem(`header length is ${headerBytes}, expected 20 to ${layer.available}`);
  return layer.done(TCP_HEADER_BYTES, summary);
}

const FLAG_LETTERS: readonly (readonly [number, string])[] = [
  [TcpFlag.syn, 'S'],
  [TcpFlag.fin, 'F'],
  [TcpFlag.rst, 'R'],
  [TcpFlag.psh, 'P'],
  [TcpFlag.urg, 'U'],
  [TcpFlag.ece, 'E'],
  [TcpFlag.cwr, 'W'],
  [TcpFlag.ae, 'e'],
  [TcpFlag.ack, '.'],
];

function flagText(flags: number): string {
  const letters = FLAG_LETTERS.filter(([bit]) => (flags & bit) !== 0).map(([, letter]) => letter);
  return letters.join('') || 'none';
}

function tcpOptions(layer: LayerBuilder, headerBytes: number): void {
  if (headerBytes === TCP_HEADER_BYTES) return;
  const bytes = layer.bytes.subarray(TCP_HEADER_BYTES, headerBytes);
  const options = parseTcpOptions(bytes);
  if (!options) layer.problem('an option has a wrong length');
  layer.raw('options', TCP_HEADER_BYTES, bytes.length, options?.map(optionText).join(', '));
}

function optionText(option: TcpOption): string {
  switch (option.kind) {
    case 'mss':
      return `mss ${option.bytes}`;
    case 'window-scale':
      return `wscale ${option.shift}`;
    case 'timestamps':
      return `timestamps ${option.value} ${option.echo}`;
    case 'sack':
      return `sack ${option.blocks.map(({ left, right }) => `${left}:${right}`).join(' ')}`;
    case 'other':
      return `option ${option.number}`;
    default:
      return option.kind;
  }
}
