/**
 * A frame as a tree of layers and fields, each with its place in the bytes, for people to look at. Where
 * `parse…` only says no, a layer here says why: `problems`. Never throws, whatever the bytes.
 */

import { dissectIcmp, dissectIcmpv6 } from './dissect/control.js';
import type { DissectedLayer, Dissector, Next, ProtocolName } from './dissect/layer.js';
import {
  dissectArp,
  dissectData,
  dissectEthernet,
  dissectLinuxSll,
  dissectLinuxSll2,
  dissectVlan,
} from './dissect/link.js';
import { dissectIpv4, dissectIpv6, dissectIpv6Extension } from './dissect/network.js';
import { dissectTcp, dissectUdp, dissectVxlan } from './dissect/transport.js';
import type { LinkType } from './pcap.js';

export type { DissectedField, DissectedLayer, FieldBits, FieldValue, ProtocolName } from './dissect/layer.js';

const DISSECTORS: Readonly<Record<ProtocolName, Dissector>> = {
  ethernet: dissectEthernet,
  'linux-sll': dissectLinuxSll,
  'linux-sll2': dissectLinuxSll2,
  vlan: dissectVlan,
  arp: dissectArp,
  ipv4: dissectIpv4,
  ipv6: dissectIpv6,
  'ipv6-extension': dissectIpv6Extension,
  icmp: dissectIcmp,
  icmpv6: dissectIcmpv6,
  udp: dissectUdp,
  tcp: dissectTcp,
  vxlan: dissectVxlan,
  data: dissectData,
};

/** VXLAN in VXLAN in VXLAN ends somewhere: what is deeper is shown as data. */
const MAX_LAYERS = 32;

/**
 * The layers of a frame, the outermost with the others inside it. Never throws, whatever the bytes.
 *
 * @example
 * ```ts
 * import { dissect } from '@podlan/wire';
 *
 * const frame = new Uint8Array(42).fill(0xff, 0, 6);
 * frame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
 * frame.set([10, 244, 1, 5], 28); // sender
 * frame.set([10, 244, 1, 1], 38); // target
 * const ethernet = dissect(frame);
 * ethernet.inner?.protocol; // => 'arp'
 * ethernet.inner?.fields[4]; // => { name: 'operation', value: 1, offset: 20, length: 2, note: 'request', rfc: 'RFC 826' }
 * ethernet.inner?.problems; // => []
 * ```
 */
export function dissect(frame: Uint8Array, linkType: LinkType = 'ethernet'): DissectedLayer {
  const layers: DissectedLayer[] = [];
  let next: Next | undefined = {
    protocol: firstProtocol(frame, linkType),
    scope: { frame, offset: 0, end: frame.length },
  };
  while (next) {
    const dissector: Dissector = layers.length < MAX_LAYERS ? DISSECTORS[next.protocol] : dissectData;
    const dissection = dissector(next.scope);
    layers.push(dissection.layer);
    next = dissection.next;
  }
  return layers.reduceRight((inner, layer) => ({ ...layer, inner }));
}

function firstProtocol(frame: Uint8Array, linkType: LinkType): ProtocolName {
  if (linkType !== 'raw') return linkType;
  return frame.length > 0 && frame[0]! >> 4 === 6 ? 'ipv6' : 'ipv4';
}

/**
 * The layers from the outside in.
 *
 * @example
 * ```ts
 * import { dissect, layersOf } from '@podlan/wire';
 *
 * const frame = new Uint8Array(42).fill(0xff, 0, 6);
 * frame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
 * frame.set([10, 244, 1, 5], 28); // sender
 * frame.set([10, 244, 1, 1], 38); // target
 * layersOf(dissect(frame)).map(({ protocol }) => protocol); // => ['ethernet', 'arp']
 * ```
 */
export function layersOf(frame: DissectedLayer): DissectedLayer[] {
  const layers: DissectedLayer[] = [];
  for (let layer: DissectedLayer | undefined = frame; layer; layer = layer.inner) layers.push(layer);
  return layers;
}

/**
 * One line, like tcpdump's: `IP 10.0.0.1 > 10.0.0.2: UDP 5000 > 8472, length 106: VXLAN vni 1: IP ...`.
 *
 * @example
 * ```ts
 * import { summarize } from '@podlan/wire';
 *
 * const frame = new Uint8Array(42).fill(0xff, 0, 6);
 * frame.set([0x08, 0x06, 0, 1, 8, 0, 6, 4, 0, 1], 12);
 * frame.set([10, 244, 1, 5], 28); // sender
 * frame.set([10, 244, 1, 1], 38); // target
 * summarize(frame); // => 'ARP who-has 10.244.1.1 tell 10.244.1.5'
 * ```
 */
export function summarize(frame: Uint8Array, linkType: LinkType = 'ethernet'): string {
  const layers = layersOf(dissect(frame, linkType));
  const shown = layers.filter((layer, index) => !isImplied(layer, layers[index + 1]));
  const problems = layers.flatMap((layer) => layer.problems);
  const line = shown.map((layer) => layer.summary).join(': ');
  return problems.length === 0 ? line : `${line} [malformed: ${problems.join('; ')}]`;
}

const LINK_HEADERS: ReadonlySet<ProtocolName> = /* @__PURE__ */ new Set([
  'ethernet',
  'linux-sll',
  'linux-sll2',
]);

/** Ethernet says nothing new above ARP and IP, and lengths already stand in the layer above data. */
function isImplied(layer: DissectedLayer, inner: DissectedLayer | undefined): boolean {
  if (LINK_HEADERS.has(layer.protocol)) return inner !== undefined && inner.protocol !== 'data';
  return layer.protocol === 'data';
}
