/** What the bytes of a hop are: a frame or a bare IP packet, and the layers in them. */
import { type DissectedLayer, dissect, layersOf, summarize } from '@podlan/wire';
import { readIp } from '../kernel/ip-packet.js';
import type { Hop } from './journey.js';

/** A layer in few words, and how many bytes it has. */
export interface LayerLine {
  readonly text: string;
  readonly bytes: number;
}

/** A packet, and what its bytes begin with. */
export interface PacketBytes {
  readonly bytes: Uint8Array;
  readonly linkType: 'ethernet' | 'raw';
}

/**
 * The packet as a hop left it, which is as it came where the hop changed nothing.
 * @example
 * ```ts
 * import { packetAfter, SimCluster } from '@podlan/simulator';
 *
 * const cluster = new SimCluster({ dataplane: 'kernel' });
 * const [, b] = [await cluster.join(), await cluster.join()];
 * const { hops } = cluster.probe('host-a', { destination: b.addresses[0]! });
 * hops.map((hop) => packetAfter(hop).linkType)[0]; // => 'raw'
 * await cluster.stop();
 * ```
 */
export const packetAfter = (hop: Hop): PacketBytes => ({ bytes: bytesOf(hop), linkType: linkTypeOf(hop) });

/** The packet as the hop left it. */
export const bytesOf = ({ before, after }: Hop): Uint8Array => after ?? before;

/** Of `bytesOf`. A frame's first bytes are a MAC address; with a whole IP header behind them it would be one by chance. */
export const linkTypeOf = (hop: Hop): PacketBytes['linkType'] =>
  hop.after === undefined && hop.isFrame ? 'ethernet' : guessLinkType(bytesOf(hop));

export const linkTypeBefore = ({ isFrame, before }: Hop): PacketBytes['linkType'] =>
  isFrame ? 'ethernet' : guessLinkType(before);

function guessLinkType(bytes: Uint8Array): PacketBytes['linkType'] {
  return readIp(bytes)?.end === bytes.length || bytes.length === 0 ? 'raw' : 'ethernet';
}

export const summaryOf = (hop: Hop): string => summarize(bytesOf(hop), linkTypeOf(hop));

/** From the outside in. In flannel's udp mode a datagram's content is a packet, without anything that says so. */
export function layersIn(bytes: Uint8Array, linkType: PacketBytes['linkType']): LayerLine[] {
  const layers = layersOf(dissect(bytes, linkType));
  const last = layers.at(-1)!;
  const content = bytes.subarray(last.offset);
  const isPacket = last.protocol === 'data' && readIp(content)?.end === content.length;
  const shown = last.protocol === 'data' ? layers.slice(0, -1) : layers;
  const lines = shown.map((layer, i) => lineOf(layer, isPacket ? last.offset : bytes.length, shown[i + 1]));
  return isPacket ? [...lines, ...layersIn(content, 'raw')] : lines;
}

/** Data stand with the layer that they are the content of. */
function lineOf(layer: DissectedLayer, end: number, inner: DissectedLayer | undefined): LayerLine {
  const text = layer.protocol === 'ethernet' ? `Ethernet ${layer.summary}` : layer.summary;
  return { text, bytes: (inner?.offset ?? end) - layer.offset };
}

/** Whether there is a packet in a packet: not so for what an ICMP error quotes. */
export const isEncapsulated = (hop: Hop): boolean => {
  const layers = layersIn(bytesOf(hop), linkTypeOf(hop));
  const ip = layers.findIndex(({ text }) => /^IP6? /.test(text));
  return (
    /^UDP /.test(layers[ip + 1]?.text ?? '') && layers.slice(ip + 1).some(({ text }) => /^IP6? /.test(text))
  );
};
