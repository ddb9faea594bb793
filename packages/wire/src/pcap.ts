/**
 * Writer for the classic capture format (draft-ietf-opsawg-pcap), little-endian, for streaming: write the header
 * once, then one record for each packet. Times are nanoseconds since the epoch; the caller has the clock.
 */

import { dataView, uint } from './bytes.js';

/**
 * LINKTYPE_ values (draft-ietf-opsawg-pcaplinktype): Ethernet frames, IP packets without a link header, or with the
 * one that Linux makes up for captures on all devices at once ("cooked"), in its two versions.
 */
export const LinkTypeNumber = { ethernet: 1, raw: 101, 'linux-sll': 113, 'linux-sll2': 276 } as const;
/** What the packets of a file begin with. */
export type LinkType = keyof typeof LinkTypeNumber;
/** The unit of the fractions of a second in a file. */
export type TimeUnit = 'microseconds' | 'nanoseconds';

/** Once, at the beginning of the file. */
export const PCAP_HEADER_BYTES = 24;
/** Before each packet. */
export const PCAP_RECORD_HEADER_BYTES = 16;

/** The first number of a file; its byte order is that of all others. */
export const PCAP_MAGIC: Readonly<Record<TimeUnit, number>> = {
  microseconds: 0xa1b2c3d4,
  nanoseconds: 0xa1b23c4d,
};
const SNAP_LENGTH = 262_144;

/** A packet and when it was seen. */
export interface CapturedPacket {
  readonly timeNs: bigint;
  readonly bytes: Uint8Array;
  /** Length on the wire, when `bytes` is only its beginning. */
  readonly originalLength?: number;
}

/** What a file says of all its packets. */
export interface PcapOptions {
  /** Of others than those named, the LINKTYPE_ number. */
  readonly linkType?: LinkType | number;
  readonly timeUnit?: TimeUnit;
}

/**
 * The header of a file. All records after it have its time unit.
 *
 * @example
 * ```ts
 * import { PCAP_HEADER_BYTES, pcapHeader } from '@podlan/wire';
 *
 * pcapHeader().length === PCAP_HEADER_BYTES; // => true
 * [...pcapHeader({ linkType: 'raw' }).subarray(20)]; // => [101, 0, 0, 0]
 * ```
 */
export function pcapHeader({
  linkType = 'ethernet',
  timeUnit = 'nanoseconds',
}: PcapOptions = {}): Uint8Array {
  const bytes = new Uint8Array(PCAP_HEADER_BYTES);
  const view = dataView(bytes);
  view.setUint32(0, PCAP_MAGIC[timeUnit], true);
  view.setUint16(4, 2, true); // version 2.4
  view.setUint16(6, 4, true);
  view.setUint32(16, SNAP_LENGTH, true);
  view.setUint32(20, linkTypeNumber(linkType), true);
  return bytes;
}

export function linkTypeNumber(linkType: LinkType | number): number {
  return uint('linkType', typeof linkType === 'number' ? linkType : LinkTypeNumber[linkType], 16);
}

/**
 * One packet. A time or a length that does not fit is a RangeError.
 *
 * @example
 * ```ts
 * import { pcapHeader, pcapRecord } from '@podlan/wire';
 *
 * const packet = { timeNs: 1_700_000_000_000_000_000n, bytes: new Uint8Array(60) };
 * const file = [pcapHeader(), pcapRecord(packet), pcapRecord(packet)];
 * file.map((part) => part.length); // => [24, 76, 76]
 * ```
 */
export function pcapRecord(packet: CapturedPacket, timeUnit: TimeUnit = 'nanoseconds'): Uint8Array {
  const record = new Uint8Array(PCAP_RECORD_HEADER_BYTES + packet.bytes.length);
  const view = dataView(record);
  const fraction = uint('nanoseconds', Number(packet.timeNs % 1_000_000_000n), 32);
  view.setUint32(0, uint('seconds', Number(packet.timeNs / 1_000_000_000n), 32), true);
  view.setUint32(4, timeUnit === 'nanoseconds' ? fraction : Math.floor(fraction / 1000), true);
  view.setUint32(8, packet.bytes.length, true);
  view.setUint32(12, packet.originalLength ?? packet.bytes.length, true);
  record.set(packet.bytes, PCAP_RECORD_HEADER_BYTES);
  return record;
}
