/** Capture files read: pcap and pcapng, told apart by how they begin. Compressed ones have to be unpacked before. */

import { CaptureError } from './capture-bytes.js';
import { hexOf } from './hex.js';
import type { LinkType } from './pcap.js';
import { isPcap, readPcap } from './pcap-reader.js';
import type { PcapngPacket } from './pcapng.js';
import { isPcapng, readPcapng } from './pcapng-reader.js';

export { CaptureError, type CaptureErrorCode } from './capture-bytes.js';

/** A packet of a capture file; `pcapRecord` and `pcapngRecord` take it as it is. */
export interface RecordedPacket extends PcapngPacket {
  /** 0 where the file has none (a simple packet block). Finer than nanoseconds is cut off. */
  readonly timeNs: bigint;
  /** A view into the file. */
  readonly bytes: Uint8Array;
  readonly originalLength: number;
  /** What `bytes` begin with; where it is none that `dissect` begins with, its LINKTYPE_ number. */
  readonly linkType: LinkType | number;
  /** Counted through all sections of the file; 0 in pcap. */
  readonly interfaceId: number;
  readonly interfaceName?: string;
}

/**
 * The packets of a pcap or pcapng file, of either byte order, one after the other; nothing is copied. Where the file
 * ends inside a packet or contradicts itself, the packets before come first and then a {@link CaptureError} is thrown.
 *
 * @example
 * ```ts
 * import { pcapHeader, pcapRecord, readCapture } from '@podlan/wire';
 *
 * const packet = { timeNs: 1_700_000_000_123_456_789n, bytes: Uint8Array.of(0x45, 0, 0, 20), originalLength: 20 };
 * const file = Uint8Array.of(...pcapHeader({ linkType: 'raw' }), ...pcapRecord(packet));
 * const [read] = readCapture(file);
 * read?.timeNs; // => 1700000000123456789n
 * [read?.linkType, read?.bytes.length, read?.originalLength]; // => ['raw', 4, 20]
 * ```
 */
export function* readCapture(file: Uint8Array): Generator<RecordedPacket, void> {
  if (isPcap(file)) yield* readPcap(file);
  else if (isPcapng(file)) yield* readPcapng(file);
  else throw new CaptureError('not-a-capture', 0, `expected a pcap or pcapng file, found ${beginning(file)}`);
}

function beginning(file: Uint8Array): string {
  if (file.length === 0) return 'an empty one';
  const isGzip = file[0] === 0x1f && file[1] === 0x8b;
  return hexOf(file.subarray(0, 4), ' ') + (isGzip ? ' (gzip: unpack it first)' : '');
}
