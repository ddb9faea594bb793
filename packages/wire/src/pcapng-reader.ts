/**
 * Reader for pcapng (draft-ietf-opsawg-pcapng): sections of either byte order, interfaces, and enhanced, simple and
 * obsolete packet blocks. Other blocks and options are passed over.
 */

import type { RecordedPacket } from './capture.js';
import { CaptureBytes, CaptureError, linkTypeOf } from './capture-bytes.js';
import { hexOf } from './hex.js';
import * as pcapng from './pcapng-block.js';

const NS_PER_SECOND = 1_000_000_000n;
const MICROSECONDS = 1_000_000n;

interface Block {
  readonly type: number;
  readonly offset: number;
  readonly body: number;
  /** One past the body. */
  readonly end: number;
}

interface Interface {
  /** Among all of the file. */
  readonly id: number;
  readonly linkType: RecordedPacket['linkType'];
  /** 0: no limit. */
  readonly snapLength: number;
  readonly name?: string;
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: bigint;
}

/** Bytes that the body has at least, of the blocks that are read. */
const LEAST_BODY: ReadonlyMap<number, number> = /* @__PURE__ */ new Map([
  [pcapng.SECTION_HEADER, 16],
  [pcapng.INTERFACE_DESCRIPTION, 8],
  [pcapng.PACKET, 20],
  [pcapng.SIMPLE_PACKET, 4],
  [pcapng.ENHANCED_PACKET, 20],
]);

/** Whether the file begins as one. */
export function isPcapng(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && new CaptureBytes(bytes).uint32(0) === pcapng.SECTION_HEADER;
}

export function* readPcapng(bytes: Uint8Array): Generator<RecordedPacket, void> {
  const file = new CaptureBytes(bytes);
  let interfaces: Interface[] = [];
  let described = 0;
  for (let at = 0; at < bytes.length; ) {
    const block = readBlock(file, at);
    if (block.type === pcapng.SECTION_HEADER) interfaces = [];
    else if (block.type === pcapng.INTERFACE_DESCRIPTION)
      interfaces.push(readInterface(file, block, described++));
    else {
      const packet = readPacket(file, block, interfaces);
      if (packet) yield packet;
    }
    at = block.end + 4;
  }
}

/** A section's length is not needed: the next one begins with a block of its own. */
function readBlock(file: CaptureBytes, offset: number): Block {
  file.require('a block', offset, pcapng.BLOCK_BYTES);
  const type = file.uint32(offset);
  if (type === pcapng.SECTION_HEADER) takeByteOrder(file, offset);
  const length = file.uint32(offset + 4);
  const least = pcapng.BLOCK_BYTES + (LEAST_BODY.get(type) ?? 0);
  if (length < least || length % 4 !== 0)
    throw new CaptureError(
      'malformed',
      offset + 4,
      `expected the length of a block of type ${type}, ${least} or more in multiples of 4, found ${length}`,
    );
  file.require(`a block of type ${type}`, offset, length);
  const end = offset + length - 4;
  const again = file.uint32(end);
  if (again !== length)
    throw new CaptureError('malformed', end, `expected the block's length ${length} again, found ${again}`);
  if (type === pcapng.SECTION_HEADER) requireVersion(file, offset + 12);
  return { type, offset, body: offset + pcapng.BLOCK_HEADER_BYTES, end };
}

function takeByteOrder(file: CaptureBytes, offset: number): void {
  for (const isLittleEndian of [true, false]) {
    file.isLittleEndian = isLittleEndian;
    if (file.uint32(offset + 8) === pcapng.BYTE_ORDER_MAGIC) return;
  }
  const found = hexOf(file.slice(offset + 8, 4));
  throw new CaptureError('malformed', offset + 8, `expected the byte-order magic 1a2b3c4d, found ${found}`);
}

function requireVersion(file: CaptureBytes, at: number): void {
  const major = file.uint16(at);
  if (major !== 1)
    throw new CaptureError('malformed', at, `expected version 1, found ${major}.${file.uint16(at + 2)}`);
}

function readInterface(file: CaptureBytes, block: Block, id: number): Interface {
  const options = readOptions(file, block.body + 8, block.end);
  const name = options.get(pcapng.INTERFACE_NAME);
  return {
    id,
    linkType: linkTypeOf(file.uint16(block.body)),
    snapLength: file.uint32(block.body + 4),
    ticksPerSecond: ticksPerSecond(options.get(pcapng.INTERFACE_TIME_RESOLUTION)),
    offsetSeconds: offsetSeconds(options.get(pcapng.INTERFACE_TIME_OFFSET)),
    ...(name && { name: textOf(file, name) }),
  };

  function ticksPerSecond(option: Option | undefined): bigint {
    if (option === undefined) return MICROSECONDS;
    requireOptionLength(option, 1);
    const resolution = file.bytes[option.at]!;
    return (resolution & 0x80 ? 2n : 10n) ** BigInt(resolution & 0x7f);
  }

  function offsetSeconds(option: Option | undefined): bigint {
    if (option === undefined) return 0n;
    requireOptionLength(option, 8);
    return file.int64(option.at);
  }
}

/** `undefined` where the block is none of a packet. */
function readPacket(
  file: CaptureBytes,
  block: Block,
  interfaces: readonly Interface[],
): RecordedPacket | undefined {
  if (block.type === pcapng.SIMPLE_PACKET) return simplePacket(file, block, interfaces);
  if (block.type !== pcapng.ENHANCED_PACKET && block.type !== pcapng.PACKET) return undefined;
  const index = block.type === pcapng.PACKET ? file.uint16(block.body) : file.uint32(block.body);
  const seenBy = interfaceOf(interfaces, index, block);
  const length = file.uint32(block.body + 12);
  const data = block.body + 20;
  requireInside(block, data, length);
  const options = readOptions(file, data + Math.ceil(length / 4) * 4, block.end);
  const comment = options.get(pcapng.OPTION_COMMENT);
  return {
    timeNs: timeOf(file, block.body + 4, seenBy),
    ...placeOf(seenBy),
    bytes: file.slice(data, length),
    originalLength: file.uint32(block.body + 16),
    ...(comment && { comment: textOf(file, comment) }),
  };
}

/** Of the first interface, without a time, and without a length of its own: it is cut where the interface cuts. */
function simplePacket(file: CaptureBytes, block: Block, interfaces: readonly Interface[]): RecordedPacket {
  const seenBy = interfaceOf(interfaces, 0, block);
  const originalLength = file.uint32(block.body);
  const length = Math.min(originalLength, seenBy.snapLength || originalLength);
  requireInside(block, block.body + 4, length);
  const bytes = file.slice(block.body + 4, length);
  return { timeNs: 0n, ...placeOf(seenBy), bytes, originalLength };
}

function interfaceOf(interfaces: readonly Interface[], index: number, { offset }: Block): Interface {
  const found = interfaces[index];
  if (found) return found;
  const described = `${interfaces.length} interfaces of the section described before it`;
  throw new CaptureError('malformed', offset, `expected a packet of one of the ${described}, found ${index}`);
}

function requireInside(block: Block, at: number, length: number): void {
  if (length > block.end - at)
    throw new CaptureError(
      'malformed',
      at,
      `expected a packet of ${length} bytes, its block ends after ${block.end - at}`,
    );
}

function placeOf({ id, linkType, name }: Interface) {
  return { interfaceId: id, linkType, ...(name !== undefined && { interfaceName: name }) };
}

/** One 64-bit count of units, high half first whatever the byte order. */
function timeOf(file: CaptureBytes, at: number, { ticksPerSecond, offsetSeconds }: Interface): bigint {
  const ticks = (BigInt(file.uint32(at)) << 32n) | BigInt(file.uint32(at + 4));
  return (ticks * NS_PER_SECOND) / ticksPerSecond + offsetSeconds * NS_PER_SECOND;
}

interface Option {
  readonly code: number;
  readonly at: number;
  readonly length: number;
}

/** By code; of several with one code the first. */
function readOptions(file: CaptureBytes, from: number, end: number): Map<number, Option> {
  const options = new Map<number, Option>();
  for (let at = from; at < end; ) {
    const code = file.uint16(at);
    const length = file.uint16(at + 2);
    if (code === pcapng.OPTION_END) break;
    const option = { code, at: at + 4, length };
    if (length > end - option.at)
      throw new CaptureError(
        'malformed',
        at,
        `expected option ${code} of ${length} bytes, its block ends after ${end - option.at}`,
      );
    if (!options.has(code)) options.set(code, option);
    at = option.at + Math.ceil(length / 4) * 4;
  }
  return options;
}

function requireOptionLength({ code, at, length }: Option, expected: number): void {
  if (length !== expected)
    throw new CaptureError(
      'malformed',
      at - 4,
      `expected option ${code} of ${expected} bytes, found ${length}`,
    );
}

function textOf(file: CaptureBytes, { at, length }: Option): string {
  return new TextDecoder().decode(file.slice(at, length));
}
