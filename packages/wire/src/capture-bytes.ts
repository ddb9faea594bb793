/** The bytes of a capture file in the byte order of its writer, and the error that says where reading ends. */

import { dataView } from './bytes.js';
import type { LinkType } from './pcap.js';

/**
 * `not-a-capture`: another kind of file. `cut-off`: the file ends inside a packet, as one does that was copied while
 * it was written. `malformed`: it contradicts itself.
 */
export type CaptureErrorCode = 'not-a-capture' | 'cut-off' | 'malformed';

/**
 * Why a capture file can't be read further. What was read before is as good as ever.
 *
 * @example
 * ```ts
 * import { CaptureError, readCapture } from '@podlan/wire';
 *
 * let error: unknown;
 * try {
 *   [...readCapture(new TextEncoder().encode('tcpdump: eth0'))];
 * } catch (thrown) {
 *   error = thrown;
 * }
 * error instanceof CaptureError; // => true
 * (error as CaptureError).code; // => 'not-a-capture'
 * (error as CaptureError).message; // => 'offset 0: expected a pcap or pcapng file, found 74 63 70 64'
 * ```
 */
export class CaptureError extends Error {
  /** Branch on this, not on the message. */
  readonly code: CaptureErrorCode;
  /** In bytes from the beginning of the file. */
  readonly offset: number;

  /** The message is what was expected and found; the offset stands before it. */
  constructor(code: CaptureErrorCode, offset: number, message: string) {
    super(`offset ${offset}: ${message}`);
    this.name = 'CaptureError';
    this.code = code;
    this.offset = offset;
  }
}

/** LINKTYPE_ values that are read: `raw` has several, of other systems and with the family in the number. */
const LINK_TYPES: ReadonlyMap<number, LinkType> = /* @__PURE__ */ new Map([
  [1, 'ethernet'],
  [12, 'raw'],
  [14, 'raw'],
  [101, 'raw'],
  [113, 'linux-sll'],
  [228, 'raw'],
  [229, 'raw'],
  [276, 'linux-sll2'],
]);

/** The name, and of others the number. */
export function linkTypeOf(number: number): LinkType | number {
  return LINK_TYPES.get(number) ?? number;
}

export class CaptureBytes {
  /** Each section of a pcapng file has its own. */
  isLittleEndian = true;
  readonly bytes: Uint8Array;
  readonly #view: DataView;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
    this.#view = dataView(bytes);
  }

  uint16(at: number): number {
    return this.#view.getUint16(at, this.isLittleEndian);
  }

  uint32(at: number): number {
    return this.#view.getUint32(at, this.isLittleEndian);
  }

  /** Signed. */
  int64(at: number): bigint {
    return this.#view.getBigInt64(at, this.isLittleEndian);
  }

  slice(at: number, length: number): Uint8Array {
    return this.bytes.subarray(at, at + length);
  }

  /** Whoever reads a length out of the file asks here, before anything is made of it. */
  require(what: string, at: number, length: number): void {
    const left = this.bytes.length - at;
    if (length <= left) return;
    throw new CaptureError('cut-off', at, `expected ${what} of ${length} bytes, the file ends after ${left}`);
  }
}
