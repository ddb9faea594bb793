/** Dissectors of ICMP and ICMPv6. The packet quoted by an error is dissected as the inner layer. */

import { ICMP_HEADER_BYTES, IcmpType, IcmpUnreachable } from '../icmp.js';
import { Icmpv6Type, Icmpv6Unreachable } from '../icmpv6.js';
import { ICMPV6_HEADER_BYTES } from '../icmpv6-view.js';
import { IpProtocol } from '../ip-protocol.js';
import { NdpOptionType, parseNdpOptions } from '../ndp-options.js';
import { type Dissection, LayerBuilder, type Scope } from './layer.js';

export function dissectIcmp(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'icmp', 'RFC 792');
  if (layer.available < ICMP_HEADER_BYTES) return layer.cutShort(ICMP_HEADER_BYTES, 'ICMP');
  const type = layer.number('type', 0, 1, nameOf(IcmpType));
  const code = layer.number('code', 1, 1);
  const isVerifiable = scope.pseudo !== undefined && !scope.isQuote;
  layer.checksum(2, isVerifiable ? { length: layer.available } : undefined);
  switch (type) {
    case IcmpType.echoRequest:
    case IcmpType.echoReply:
      return echo(layer, 'ICMP', type === IcmpType.echoRequest);
    case IcmpType.destinationUnreachable:
      return unreachable(layer, code);
    case IcmpType.timeExceeded:
      return quoting(layer, 'ipv4', 'ICMP time exceeded');
  }
  layer.number('rest of header', 4, 4);
  return layer.done(
    ICMP_HEADER_BYTES,
    `ICMP type ${type} code ${code}`,
    layer.next('data', ICMP_HEADER_BYTES),
  );
}

function nameOf(names: Readonly<Record<string, number>>): (value: number) => string | undefined {
  return (value) => Object.keys(names).find((name) => names[name] === value);
}

function echo(layer: LayerBuilder, title: string, isRequest: boolean): Dissection {
  const identifier = layer.number('identifier', 4, 2);
  const sequence = layer.number('sequence', 6, 2);
  const what = `${title} echo ${isRequest ? 'request' : 'reply'}`;
  const summary = `${what}, id ${identifier}, seq ${sequence}, length ${layer.available}`;
  return layer.done(ICMP_HEADER_BYTES, summary, layer.next('data', ICMP_HEADER_BYTES));
}

function unreachable(layer: LayerBuilder, code: number): Dissection {
  const reason = nameOf(IcmpUnreachable)(code) ?? `code ${code}`;
  if (code !== IcmpUnreachable.fragmentationNeeded)
    return quoting(layer, 'ipv4', `ICMP unreachable: ${reason}`);
  const mtu = layer.number('next-hop MTU', 6, 2, undefined, 'RFC 1191, section 4');
  return quoting(layer, 'ipv4', `ICMP unreachable: need to frag (mtu ${mtu})`);
}

function quoting(layer: LayerBuilder, family: 'ipv4' | 'ipv6', summary: string): Dissection {
  return layer.done(ICMP_HEADER_BYTES, summary, layer.next(family, ICMP_HEADER_BYTES, { isQuote: true }));
}

export function dissectIcmpv6(scope: Scope): Dissection {
  const layer = new LayerBuilder(scope, 'icmpv6', 'RFC 4443, section 2.1');
  if (layer.available < ICMPV6_HEADER_BYTES) return layer.cutShort(ICMPV6_HEADER_BYTES, 'ICMP6');
  const type = layer.number('type', 0, 1, nameOf(Icmpv6Type));
  const code = layer.number('code', 1, 1);
  layer.checksum(2, layer.coveredWithPseudo(IpProtocol.icmpv6));
  switch (type) {
    case Icmpv6Type.echoRequest:
    case Icmpv6Type.echoReply:
      return echo(layer, 'ICMP6', type === Icmpv6Type.echoRequest);
    case Icmpv6Type.packetTooBig:
      return quoting(layer, 'ipv6', `ICMP6 packet too big (mtu ${layer.number('mtu', 4, 4)})`);
    case Icmpv6Type.destinationUnreachable:
      return quoting(
        layer,
        'ipv6',
        `ICMP6 unreachable: ${nameOf(Icmpv6Unreachable)(code) ?? `code ${code}`}`,
      );
    case Icmpv6Type.timeExceeded:
      return quoting(layer, 'ipv6', 'ICMP6 time exceeded');
    case Icmpv6Type.neighborSolicitation:
      return neighbor(layer, 'neighbor solicitation, who has');
    case Icmpv6Type.neighborAdvertisement:
      return neighborAdvertisement(layer);
  }
  layer.number('rest of header', 4, 4);
  return layer.done(
    ICMPV6_HEADER_BYTES,
    `ICMP6 type ${type} code ${code}`,
    layer.next('data', ICMPV6_HEADER_BYTES),
  );
}

function neighborAdvertisement(layer: LayerBuilder): Dissection {
  layer.flag('router', 4, 4, 31);
  layer.flag('solicited', 4, 4, 30);
  layer.flag('override', 4, 4, 29);
  return neighbor(layer, 'neighbor advertisement, target is');
}

const NEIGHBOR_BYTES = 24;

/** RFC 4861, sections 4.3 and 4.4: a target, then options. */
function neighbor(layer: LayerBuilder, what: string): Dissection {
  if (layer.available < NEIGHBOR_BYTES) return layer.cutShort(NEIGHBOR_BYTES, 'neighbor discovery');
  const target = layer.ip('target', 8, 16);
  const options = parseNdpOptions(layer.bytes.subarray(NEIGHBOR_BYTES));
  if (!options) layer.problem('an option has length zero or leaves the message');
  let at = NEIGHBOR_BYTES;
  for (const { type, body } of options ?? []) {
    neighborOption(layer, type, at, body.length);
    at += 2 + body.length;
  }
  return layer.done(at, `ICMP6 ${what} ${target}`, options ? undefined : layer.next('data', at));
}

function neighborOption(layer: LayerBuilder, type: number, at: number, length: number): void {
  const isSource = type === NdpOptionType.sourceLinkAddress;
  const isLinkAddress = isSource || type === NdpOptionType.targetLinkAddress;
  if (isLinkAddress && length === 6) layer.mac(`${isSource ? 'source' : 'target'} link address`, at + 2);
  else layer.raw(`option ${type}`, at, 2 + length);
}
