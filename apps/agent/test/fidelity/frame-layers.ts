/** The layers of a frame of a lab, those in flannel's udp datagrams too, which say by nothing but their port what they are. */
import { type DissectedLayer, dissect, type LinkType, layersOf } from '@podlan/wire';

const FLANNEL_UDP_PORT = 8285;

/** From the outside in, each with its place in the whole frame. */
export function frameLayers(bytes: Uint8Array, linkType: LinkType = 'ethernet'): readonly DissectedLayer[] {
  const layers = layersOf(dissect(bytes, linkType));
  const [udp, data] = layers.slice(-2);
  if (udp?.protocol !== 'udp' || data?.protocol !== 'data') return layers;
  if (fieldOf(udp, 'destination port') !== FLANNEL_UDP_PORT) return layers;
  const inner = layersOf(dissect(bytes.subarray(data.offset), 'raw'));
  return [...layers.slice(0, -1), ...inner.map((layer) => moved(layer, data.offset))];
}

function moved(layer: DissectedLayer, by: number): DissectedLayer {
  const fields = layer.fields.map((field) => ({ ...field, offset: field.offset + by }));
  return { ...layer, offset: layer.offset + by, fields };
}

/** Where the pods' packet begins: behind the tunnel's headers, where there are any. */
export function innerStart(layers: readonly DissectedLayer[]): number {
  const isTunnel = ({ protocol }: DissectedLayer, index: number) =>
    protocol === 'vxlan' || (protocol === 'udp' && isIp(layers[index + 1]));
  return layers.findLastIndex(isTunnel) + 1;
}

/** Of a packet, a piece that is not the first. */
export const isLaterFragment = (layer: DissectedLayer): boolean =>
  Number(fieldOf(layer, 'fragment offset') ?? 0) > 0;

export const isIp = (layer: DissectedLayer | undefined): boolean =>
  layer?.protocol === 'ipv4' || layer?.protocol === 'ipv6';

export function fieldOf(layer: DissectedLayer | undefined, name: string) {
  return layer?.fields.find((field) => field.name === name)?.value;
}
