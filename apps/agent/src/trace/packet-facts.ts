/** What of a packet is the same wherever it is sent in truth or in a simulation: addresses, time to live, headers around it. */
import { type DissectedLayer, dissect, type LinkType, layersOf } from '@podlan/wire';

/** The innermost IP packet, and what stands in all headers. */
export interface PacketFacts {
  readonly inner: Uint8Array;
  /** From the outside in: `192.168.77.11 > 192.168.77.12, time to live 64`. */
  readonly layers: readonly string[];
}

/** Undefined for what carries no IP packet. */
export function packetFacts(bytes: Uint8Array, linkType: LinkType): PacketFacts | undefined {
  const layers = layersOf(dissect(bytes, linkType));
  const packets = layers.filter((layer, i) => isIp(layer) && !isQuoted(layers, i));
  const last = packets.at(-1);
  if (last === undefined) return undefined;
  const texts = packets.map(ipText);
  const carried = bareContent(bytes, layers);
  if (carried !== undefined) return { inner: carried.inner, layers: [...texts, ...carried.layers] };
  return { inner: bytes.subarray(last.offset), layers: texts };
}

const isIp = ({ protocol }: DissectedLayer): boolean => protocol === 'ipv4' || protocol === 'ipv6';

/** By an ICMP error. */
const isQuoted = (layers: readonly DissectedLayer[], i: number): boolean =>
  layers.slice(0, i).some(({ protocol }) => protocol === 'icmp' || protocol === 'icmpv6');

function ipText(layer: DissectedLayer): string {
  const value = (...names: string[]) => layer.fields.find(({ name }) => names.includes(name))?.value;
  return `${value('source')} > ${value('destination')}, time to live ${value('ttl', 'hop limit')}`;
}

/** Of flannel's udp mode: an IP packet right behind a UDP header, without anything that says so. */
function bareContent(bytes: Uint8Array, layers: readonly DissectedLayer[]): PacketFacts | undefined {
  const [around, content] = layers.slice(-2);
  if (around?.protocol !== 'udp' || content?.protocol !== 'data') return undefined;
  const inner = bytes.subarray(content.offset);
  const isPacket = layersOf(dissect(inner, 'raw')).every(({ problems }) => problems.length === 0);
  return isPacket ? packetFacts(inner, 'raw') : undefined;
}
