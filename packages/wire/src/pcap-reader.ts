/**
 * Reader for the classic capture format (draft-ietf-opsawg-pcap), version 2.4, of either byte order and time unit.
 * Lengths above the file's own snap length are taken as they are: so are they by everybody, and some files have them.
 */

import type { RecordedPacket } from './capture.js';
import { CaptureBytes, CaptureError, linkTypeOf } from './capture-bytes.js';
import { PCAP_HEADER_BYTES, PCAP_MAGIC, PCAP_RECORD_HEADER_BYTES } from './pcap.js';

const NS_PER_SECOND = 1_000_000_000n;

interface FileHeader {
  readonly linkType: RecordedPacket['linkType'];
  readonly nsPerFraction: bigint;
}

/** Whether the file begins as one. */
export function isPcap(bytes: Uint8Array): boolean {
  return bytes.length >= 4 && byteOrderOf(new CaptureBytes(bytes)) !== undefined;
}

export function* readPcap(bytes: Uint8Array): Generator<RecordedPacket, void> {
  const file = new CaptureBytes(bytes);
  const header = readHeader(file);
  for (let at = PCAP_HEADER_BYTES; at < bytes.length; ) {
    const packet = readRecord(file, at, header);
    yield packet;
    at += PCAP_RECORD_HEADER_BYTES + packet.bytes.length;
  }
}

function readHeader(file: CaptureBytes): FileHeader {
  file.isLittleEndian = byteOrderOf(file) ?? true;
  file.require('a file header', 0, PCAP_HEADER_BYTES);
  const version = `${file.uint16(4)}.${file.uint16(6)}`;
  if (version !== '2.4') throw new CaptureError('malformed', 4, `expected version 2.4, found ${version}`);
  return {
    // Above are bits about a frame check sequence behind each packet.
    linkType: linkTypeOf(file.uint32(20) & 0xffff),
    nsPerFraction: file.uint32(0) === PCAP_MAGIC.nanoseconds ? 1n : 1000n,
  };
}

/** Whether it is little-endian; `undefined` where the magic number is none in either order. */
function byteOrderOf(file: CaptureBytes): boolean | undefined {
  return [true, false].find((isLittleEndian) => {
    file.isLittleEndian = isLittleEndian;
    return Object.values(PCAP_MAGIC).includes(file.uint32(0));
  });
}

function readRecord(file: CaptureBytes, at: number, header: FileHeader): RecordedPacket {
  file.require('a packet header', at, PCAP_RECORD_HEADER_BYTES);
  const length = file.uint32(at + 8);
  file.require('a packet', at + PCAP_RECORD_HEADER_BYTES, length);
  const fraction = BigInt(file.uint32(at + 4)) * header.nsPerFraction;
  return {
    timeNs: BigInt(file.uint32(at)) * NS_PER_SECOND + fraction,
    linkType: header.linkType,
    interfaceId: 0,
    bytes: file.slice(at + PCAP_RECORD_HEADER_BYTES, length),
    originalLength: file.uint32(at + 12),
  };
}
