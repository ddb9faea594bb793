/** A captured frame without what nobody can know beforehand, so that it can be compared with one that was computed. */
import type { DissectedLayer, LinkType } from '@podlan/wire';
import { fieldOf, frameLayers, innerStart, isLaterFragment } from './frame-layers.js';

/** Numbers that a kernel chooses as it likes. */
export type Unknown =
  /** Of IPv4, be it of the tunnel's packet, of the pods' or of one that is quoted, and of IPv6's fragments. */
  | 'identification'
  /** Of IPv6: a hash of the flow with a secret. */
  | 'flow label'
  /** Of VXLAN's datagrams: a hash of what is inside, with a secret. */
  | 'outer source port'
  /** Sequence and acknowledgment. */
  | 'tcp numbers'
  | 'tcp timestamps'
  /**
   * All that stands before what a fragment carries, but for the first. Such a fragment is a part of the memory of the
   * packet that it was once part of: hosts that it comes to later write their headers over those that a packet socket
   * has seen and nobody has read yet.
   */
  | 'later fragment headers';

export const UNKNOWNS: readonly Unknown[] = [
  'identification',
  'flow label',
  'outer source port',
  'tcp numbers',
  'tcp timestamps',
  'later fragment headers',
];

/** Bits that are zero now. `checksum`: one that covers another blank. */
export interface Blank {
  readonly field: Unknown | 'checksum';
  readonly layer: DissectedLayer['protocol'];
  readonly offset: number;
  readonly length: number;
}

export interface NormalFrame {
  readonly bytes: Uint8Array;
  readonly blanked: readonly Blank[];
}

/**
 * Zeros in place of the fields named, and of the checksums that cover them. A checksum that is wrong stays as it is, so
 * that a comparison finds it.
 */
export function normalize(
  frame: Uint8Array,
  unknowns: readonly Unknown[] = UNKNOWNS,
  linkType: LinkType = 'ethernet',
): NormalFrame {
  const layers = frameLayers(frame, linkType);
  const outer = innerStart(layers);
  const blanked = layers.flatMap((layer, index) => {
    const own = unknownsOf(layer, index < outer - 1, frame, layers[index + 1]).filter(({ field }) =>
      unknowns.includes(field),
    );
    return own.map((blank) => ({ ...blank, index }));
  });
  const checksums = layers.flatMap((layer, index) =>
    blanked.some((blank) => covers(layer, index, blank)) ? checksumOf(layer) : [],
  );
  const all = [...blanked.map(({ index: _, ...blank }) => blank), ...checksums];
  const bytes = frame.slice();
  for (const blank of all) zero(bytes, blank);
  return { bytes, blanked: all.sort((a, b) => a.offset - b.offset) };
}

type UnknownBlank = Blank & { readonly field: Unknown };

function unknownsOf(
  layer: DissectedLayer,
  isOuter: boolean,
  frame: Uint8Array,
  next: DissectedLayer | undefined,
): UnknownBlank[] {
  if (isLaterFragment(layer) && next !== undefined)
    return [{ field: 'later fragment headers', layer: layer.protocol, offset: 0, length: next.offset }];
  switch (layer.protocol) {
    case 'ipv4':
      return placed(layer, 'identification', 'identification');
    case 'ipv6-extension':
      return placed(layer, 'identification', 'identification');
    case 'ipv6':
      return placed(layer, 'flow label', 'flow label');
    case 'udp':
      return isOuter ? placed(layer, 'outer source port', 'source port') : [];
    case 'tcp':
      return [
        ...placed(layer, 'tcp numbers', 'sequence'),
        ...placed(layer, 'tcp numbers', 'acknowledgment'),
        ...tcpTimestamps(layer, frame),
      ];
    default:
      return [];
  }
}

/** Those that are zero already hide nothing. */
function placed(layer: DissectedLayer, field: Unknown, name: string): UnknownBlank[] {
  const found = layer.fields.find((one) => one.name === name);
  if (found === undefined || found.value === 0) return [];
  return [{ field, layer: layer.protocol, offset: found.offset, length: found.length }];
}

/** RFC 7323 section 3.2: | kind 8 | length 10 | value 4 | echo reply 4 | */
function tcpTimestamps(layer: DissectedLayer, frame: Uint8Array): UnknownBlank[] {
  const options = layer.fields.find(({ name }) => name === 'options');
  if (options === undefined) return [];
  const end = options.offset + options.length;
  for (let at = options.offset; at < end && frame[at] !== 0; at += frame[at] === 1 ? 1 : frame[at + 1]!) {
    if (frame[at] === 8) return [{ field: 'tcp timestamps', layer: 'tcp', offset: at + 2, length: 8 }];
    if (frame[at] !== 1 && frame[at + 1]! < 2) break;
  }
  return [];
}

/** The IPv4 header covers itself alone; the others, all that is in them. */
function covers(layer: DissectedLayer, index: number, blank: Blank & { readonly index: number }): boolean {
  return layer.protocol === 'ipv4' ? blank.index === index : blank.index >= index;
}

function checksumOf(layer: DissectedLayer): Blank[] {
  const found = layer.fields.find(({ name }) => name === 'checksum');
  const isNone = fieldOf(layer, 'checksum') === 0;
  if (found === undefined || isNone || layer.problems.includes('checksum is wrong')) return [];
  return [{ field: 'checksum', layer: layer.protocol, offset: found.offset, length: found.length }];
}

function zero(bytes: Uint8Array, { field, offset, length }: Blank): void {
  if (field !== 'flow label') {
    bytes.fill(0, offset, offset + length);
    return;
  }
  // The lower 20 bits of the first four bytes.
  bytes[offset + 1]! &= 0xf0;
  bytes.fill(0, offset + 2, offset + 4);
}
