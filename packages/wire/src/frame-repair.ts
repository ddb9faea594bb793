/**
 * Checksums and lengths of a frame put right, through tunnels too, after a field or the data was edited. Whether
 * something is wrong, and what would be right, is what `dissect` says.
 */

import { type DissectedField, type DissectedLayer, dissect, layersOf, type ProtocolName } from './dissect.js';
import { setField } from './frame-field.js';
import type { LinkType } from './pcap.js';

/**
 * A copy of the frame with every wrong checksum put right, from the inside out: a UDP checksum covers all that is
 * tunneled in it. One that says "none" stays so, where it may; one that can't be verified, in a fragment or in a packet
 * that is cut off, stays as it is. Lengths come first: see {@link repairLengths}.
 *
 * @example
 * ```ts
 * import { dissect, repairChecksums, setField } from '@podlan/wire';
 *
 * const packet = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 59, 0x61, 0xbc, 10, 244, 1, 5, 10, 244, 2, 7);
 * const ttl = dissect(packet, 'raw').fields.find(({ name }) => name === 'ttl')!;
 * const edited = setField(packet, ttl, 63);
 * dissect(edited, 'raw').problems; // => ['checksum is wrong']
 * dissect(repairChecksums(edited, 'raw'), 'raw').problems; // => []
 * ```
 */
export function repairChecksums(frame: Uint8Array, linkType: LinkType = 'ethernet'): Uint8Array {
  return repaired(frame, linkType, (wrong, last) =>
    wrong.findLast((field) => isChecksum(field) && field.offset < (last?.offset ?? frame.length)),
  );
}

/**
 * A copy of the frame in which every length that can't be, because more or less than that is there, says what is
 * there, from the outside in. One that leaves bytes over stays: they are padding. Checksums stay as they are.
 *
 * @example
 * ```ts
 * import { dissect, repairLengths } from '@podlan/wire';
 *
 * const packet = Uint8Array.of(0x45, 0, 0, 20, 0, 0, 0, 0, 64, 59, 0x61, 0xbc, 10, 244, 1, 5, 10, 244, 2, 7);
 * packet[3] = 99;
 * dissect(packet, 'raw').problems; // => ['checksum is wrong', 'total length is 99 bytes, 20 are there']
 * dissect(repairLengths(packet, 'raw'), 'raw').problems; // => []
 * ```
 */
export function repairLengths(frame: Uint8Array, linkType: LinkType = 'ethernet'): Uint8Array {
  return repaired(frame, linkType, (wrong, last) =>
    wrong.find((field) => !isChecksum(field) && field.offset > (last?.offset ?? -1)),
  );
}

const isChecksum = ({ name }: DissectedField): boolean => name === 'checksum';

/** `choose` goes on from the field that was put right last, so that this comes to an end. */
function repaired(
  frame: Uint8Array,
  linkType: LinkType,
  choose: (wrong: DissectedField[], last: DissectedField | undefined) => DissectedField | undefined,
): Uint8Array {
  let result: Uint8Array = frame.slice();
  let last: DissectedField | undefined;
  for (;;) {
    const fields = layersOf(dissect(result, linkType)).flatMap((layer) => layer.fields);
    last = choose(
      fields.filter(({ expected }) => expected !== undefined),
      last,
    );
    if (last === undefined) return result;
    result = setField(result, last, last.expected!);
  }
}

/** The fields that count what a layer carries. */
const LENGTH_FIELDS: Readonly<Partial<Record<ProtocolName, string>>> = {
  ipv4: 'total length',
  ipv6: 'payload length',
  udp: 'length',
};

/**
 * A copy of the frame with other data in its innermost layer, more or less of it than before; the lengths of all layers
 * around it follow. Padding stays behind it, checksums stay as they are. More than the lengths can say is a RangeError.
 *
 * @example
 * ```ts
 * import { setData, summarize } from '@podlan/wire';
 *
 * const packet = Uint8Array.of(
 *   ...[0x45, 0, 0, 28, 0, 0, 0, 0, 64, 17, 0x61, 0xde, 10, 244, 1, 5, 10, 244, 2, 7],
 *   ...[0x13, 0x88, 0, 53, 0, 8, 0, 0],
 * );
 * const hello = setData(packet, new TextEncoder().encode('hello'), 'raw');
 * [hello.length, hello[3]]; // => [33, 33]
 * summarize(hello, 'raw'); // => 'IP 10.244.1.5 > 10.244.2.7: UDP 5000 > 53, length 5 [malformed: checksum is wrong]'
 * ```
 */
export function setData(frame: Uint8Array, data: Uint8Array, linkType: LinkType = 'ethernet'): Uint8Array {
  const layers = layersOf(dissect(frame, linkType));
  const last = layers.at(-1)!;
  const from = last.protocol === 'data' ? last.offset : last.offset + last.length;
  const to = last.offset + last.length;
  let lengthened = frame;
  for (const field of lengthsAround(layers))
    lengthened = setField(lengthened, field, Number(field.value) + data.length - (to - from));
  const result = new Uint8Array(frame.length + data.length - (to - from));
  result.set(lengthened.subarray(0, from));
  result.set(data, from);
  result.set(frame.subarray(to), from + data.length);
  return result;
}

/** A packet quoted in an error keeps the lengths that it had on its way. */
function lengthsAround(layers: readonly DissectedLayer[]): DissectedField[] {
  const error = layers.findIndex(({ protocol }) => protocol === 'icmp' || protocol === 'icmpv6');
  const around = error < 0 ? layers : layers.slice(0, error);
  return around.flatMap(({ protocol, fields }) =>
    fields.filter(({ name }) => name === LENGTH_FIELDS[protocol]),
  );
}
