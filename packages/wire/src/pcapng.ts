/**
 * Writer for pcapng (draft-ietf-opsawg-pcapng), little-endian, for streaming: write the header with all
 * interfaces once, then one enhanced packet block for each packet. One file can hold several interfaces, so the
 * two sides of a tunnel can stand beside each other.
 */

import { dataView, uint } from './bytes.js';
import { type CapturedPacket, type LinkType, linkTypeNumber } from './pcap.js';
import {
  BLOCK_BYTES,
  BLOCK_HEADER_BYTES,
  BYTE_ORDER_MAGIC,
  ENHANCED_PACKET,
  INTERFACE_DESCRIPTION,
  INTERFACE_NAME,
  INTERFACE_TIME_RESOLUTION,
  OPTION_COMMENT,
  SECTION_APPLICATION,
  SECTION_HEADER,
} from './pcapng-block.js';

const NANOSECONDS = 9;

/** Where packets of the file were seen. */
export interface PcapngInterface {
  readonly name: string;
  /** Of others than those named, the LINKTYPE_ number. */
  readonly linkType?: LinkType | number;
}

/** A packet, and which of the file's interfaces saw it. */
export interface PcapngPacket extends CapturedPacket {
  /** Index into the interfaces of the header. */
  readonly interfaceId: number;
  readonly comment?: string;
}

/**
 * Section header block and one interface description block for each interface.
 *
 * @example
 * ```ts
 * import { pcapngHeader } from '@podlan/wire';
 *
 * const header = pcapngHeader([{ name: 'flannel.1' }, { name: 'eth0' }]);
 * [...header.subarray(0, 4)]; // => [0x0a, 0x0d, 0x0d, 0x0a]
 * ```
 */
export function pcapngHeader(interfaces: readonly PcapngInterface[], application = 'podlan'): Uint8Array {
  return concat([sectionHeader(application), ...interfaces.map(interfaceDescription)]);
}

/**
 * One packet as an enhanced packet block. A time or a length that does not fit is a RangeError.
 *
 * @example
 * ```ts
 * import { pcapngRecord } from '@podlan/wire';
 *
 * const packet = { timeNs: 1_700_000_000_000_000_000n, bytes: new Uint8Array(60) };
 * pcapngRecord({ ...packet, interfaceId: 0 }).length; // => 92
 * pcapngRecord({ ...packet, interfaceId: 1, comment: 'at the other end' }).length; // => 116
 * ```
 */
export function pcapngRecord(packet: PcapngPacket): Uint8Array {
  const fixed = new Uint8Array(20);
  const view = dataView(fixed);
  view.setUint32(0, uint('interfaceId', packet.interfaceId, 32), true);
  // One 64-bit count of units, high half first whatever the byte order.
  view.setUint32(4, uint('upper half of timeNs', Number(packet.timeNs >> 32n), 32), true);
  view.setUint32(8, Number(packet.timeNs & 0xffff_ffffn), true);
  view.setUint32(12, packet.bytes.length, true);
  view.setUint32(16, packet.originalLength ?? packet.bytes.length, true);
  const options = packet.comment === undefined ? [] : [option(OPTION_COMMENT, text(packet.comment))];
  return block(ENHANCED_PACKET, [fixed, pad(packet.bytes), ...withEnd(options)]);
}

function sectionHeader(application: string): Uint8Array {
  const fixed = new Uint8Array(16).fill(0xff, 8); // section length: not specified
  const view = dataView(fixed);
  view.setUint32(0, BYTE_ORDER_MAGIC, true);
  view.setUint16(4, 1, true); // version 1.0
  return block(SECTION_HEADER, [fixed, ...withEnd([option(SECTION_APPLICATION, text(application))])]);
}

function interfaceDescription({ name, linkType = 'ethernet' }: PcapngInterface): Uint8Array {
  const fixed = new Uint8Array(8);
  dataView(fixed).setUint16(0, linkTypeNumber(linkType), true);
  const options = [
    option(INTERFACE_NAME, text(name)),
    option(INTERFACE_TIME_RESOLUTION, Uint8Array.of(NANOSECONDS)),
  ];
  return block(INTERFACE_DESCRIPTION, [fixed, ...withEnd(options)]);
}

/** Type, total length, body, and the total length again, so that readers can go backwards. */
function block(type: number, body: readonly Uint8Array[]): Uint8Array {
  const content = concat(body);
  const bytes = new Uint8Array(content.length + BLOCK_BYTES);
  const view = dataView(bytes);
  view.setUint32(0, type, true);
  view.setUint32(4, bytes.length, true);
  bytes.set(content, BLOCK_HEADER_BYTES);
  view.setUint32(bytes.length - 4, bytes.length, true);
  return bytes;
}

function option(code: number, value: Uint8Array): Uint8Array {
  const head = new Uint8Array(4);
  dataView(head).setUint16(0, code, true);
  dataView(head).setUint16(2, uint('option length', value.length, 16), true);
  return concat([head, pad(value)]);
}

function withEnd(options: Uint8Array[]): Uint8Array[] {
  return options.length === 0 ? [] : [...options, new Uint8Array(4)];
}

function pad(bytes: Uint8Array): Uint8Array {
  const padded = new Uint8Array(Math.ceil(bytes.length / 4) * 4);
  padded.set(bytes);
  return padded;
}

function text(value: string): Uint8Array {
  return new TextEncoder().encode(value);
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
