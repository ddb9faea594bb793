/** The layers of a packet for people to look at, with what only looks like data taken for the packet that it is. */
import {
  type DissectedField,
  type DissectedLayer,
  dissect,
  type LinkType,
  layersOf,
  parseIpv4,
} from '@podlan/wire';

/** From the outside in. In flannel's udp mode a datagram's content is a packet, without anything that says so. */
export function frameLayers(bytes: Uint8Array, linkType: LinkType): DissectedLayer[] {
  const layers = layersOf(dissect(bytes, linkType));
  const last = layers.at(-1);
  if (last?.protocol !== 'data') return layers;
  const content = bytes.subarray(last.offset);
  if (!isWholePacket(content)) return layers;
  const inner = frameLayers(content, 'raw').map((layer) => shifted(layer, last.offset));
  return [...layers.slice(0, -1), ...inner];
}

const isWholePacket = (bytes: Uint8Array): boolean => {
  const packet = parseIpv4(bytes);
  return packet !== undefined && ((bytes[2]! << 8) | bytes[3]!) === bytes.length;
};

const shifted = (layer: DissectedLayer, by: number): DissectedLayer => ({
  ...layer,
  offset: layer.offset + by,
  fields: layer.fields.map((field) => ({ ...field, offset: field.offset + by })),
});

/** A field of a layer: both by their places in the frame. */
export interface FieldPlace {
  readonly layer: number;
  readonly field: number;
}

/** The narrowest field that a byte belongs to; of two as narrow the inner one. */
export function fieldAt(layers: readonly DissectedLayer[], offset: number): FieldPlace | undefined {
  let found: FieldPlace | undefined;
  let length = Number.POSITIVE_INFINITY;
  for (const [layer, { fields }] of layers.entries()) {
    for (const [field, one] of fields.entries()) {
      if (!covers(one, offset) || one.length > length) continue;
      found = { layer, field };
      length = one.length;
    }
  }
  return found;
}

export const covers = ({ offset, length }: DissectedField, at: number): boolean =>
  at >= offset && at < offset + length;

/** The layer whose header, or content where it is the last, a byte belongs to. */
export const layerAt = (layers: readonly DissectedLayer[], offset: number): number =>
  layers.findLastIndex((layer) => layer.offset <= offset);
