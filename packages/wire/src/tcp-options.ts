/** TCP options (RFC 9293, section 3.2; RFC 7323; RFC 2018), as the bytes between header and payload. */

import { putUint16, putUint32, requireRoom, uint, uint16At, uint32At } from './bytes.js';

/** An option as a value, by its kind. */
export type TcpOption =
  | { readonly kind: 'nop' }
  | { readonly kind: 'mss'; readonly bytes: number }
  | { readonly kind: 'window-scale'; readonly shift: number }
  | { readonly kind: 'sack-permitted' }
  | { readonly kind: 'sack'; readonly blocks: readonly SackBlock[] }
  | { readonly kind: 'timestamps'; readonly value: number; readonly echo: number }
  | { readonly kind: 'other'; readonly number: number; readonly data: Uint8Array };

/** Sequence numbers: the first byte received, and the first one after the block. */
export interface SackBlock {
  readonly left: number;
  readonly right: number;
}

const END = 0;
const NOP = 1;
const MSS = 2;
const WINDOW_SCALE = 3;
const SACK_PERMITTED = 4;
const SACK = 5;
const TIMESTAMPS = 8;

/**
 * The options up to the end-of-list one; `undefined` where a length leaves the options or is not the one its kind must
 * have.
 *
 * @example
 * ```ts
 * import { parseTcpOptions } from '@podlan/wire';
 *
 * parseTcpOptions(Uint8Array.of(2, 4, 5, 80, 1, 3, 3, 7)); // => [{ kind: 'mss', bytes: 1360 }, { kind: 'nop' }, { kind: 'window-scale', shift: 7 }]
 * parseTcpOptions(Uint8Array.of(2, 3, 5)); // => undefined
 * ```
 */
export function parseTcpOptions(bytes: Uint8Array): TcpOption[] | undefined {
  const options: TcpOption[] = [];
  let at = 0;
  while (at < bytes.length && bytes[at] !== END) {
    const number = bytes[at]!;
    const length = number === NOP ? 1 : (bytes[at + 1] ?? 0);
    if (at + length > bytes.length || (number !== NOP && length < 2)) return undefined;
    const option = parseOption(number, bytes.subarray(at + 2, at + length));
    if (!option) return undefined;
    options.push(option);
    at += length;
  }
  return options;
}

function parseOption(number: number, data: Uint8Array): TcpOption | undefined {
  const sized = (length: number) => data.length === length;
  switch (number) {
    case NOP:
      return { kind: 'nop' };
    case MSS:
      return sized(2) ? { kind: 'mss', bytes: uint16At(data, 0) } : undefined;
    case WINDOW_SCALE:
      return sized(1) ? { kind: 'window-scale', shift: data[0]! } : undefined;
    case SACK_PERMITTED:
      return sized(0) ? { kind: 'sack-permitted' } : undefined;
    case SACK:
      return data.length > 0 && data.length % 8 === 0
        ? { kind: 'sack', blocks: sackBlocks(data) }
        : undefined;
    case TIMESTAMPS:
      return sized(8) ? { kind: 'timestamps', value: uint32At(data, 0), echo: uint32At(data, 4) } : undefined;
    default:
      return { kind: 'other', number, data };
  }
}

function sackBlocks(data: Uint8Array): SackBlock[] {
  return Array.from({ length: data.length / 8 }, (_, i) => ({
    left: uint32At(data, i * 8),
    right: uint32At(data, i * 8 + 4),
  }));
}

/**
 * Padded with end-of-list to a multiple of 4, ready to be a segment's `options`.
 *
 * @example
 * ```ts
 * import { tcpOptionBytes } from '@podlan/wire';
 *
 * [...tcpOptionBytes([{ kind: 'mss', bytes: 1360 }, { kind: 'sack-permitted' }])]; // => [2, 4, 5, 80, 4, 2, 0, 0]
 * ```
 */
export function tcpOptionBytes(options: readonly TcpOption[]): Uint8Array {
  const length = options.reduce((sum, option) => sum + optionLength(option), 0);
  const bytes = new Uint8Array(Math.ceil(length / 4) * 4);
  let at = 0;
  for (const option of options) at += emitTcpOption(option, bytes.subarray(at));
  return bytes;
}

function optionLength(option: TcpOption): number {
  switch (option.kind) {
    case 'nop':
      return 1;
    case 'mss':
      return 4;
    case 'window-scale':
      return 3;
    case 'sack-permitted':
      return 2;
    case 'sack':
      return 2 + option.blocks.length * 8;
    case 'timestamps':
      return 10;
    case 'other':
      return 2 + option.data.length;
  }
}

/**
 * Writes one option at the beginning of `into` and returns how many bytes that were. Too little room and a number too
 * wide for its field are a RangeError.
 *
 * @example
 * ```ts
 * import { emitTcpOption } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(4);
 * emitTcpOption({ kind: 'window-scale', shift: 7 }, bytes); // => 3
 * [...bytes]; // => [3, 3, 7, 0]
 * ```
 */
export function emitTcpOption(option: TcpOption, into: Uint8Array): number {
  const length = optionLength(option);
  requireRoom('emitTcpOption', into, length);
  into[0] = optionNumber(option);
  if (length > 1) into[1] = uint('option length', length, 8);
  writeData(option, into);
  return length;
}

const NUMBERS = {
  nop: NOP,
  mss: MSS,
  'window-scale': WINDOW_SCALE,
  'sack-permitted': SACK_PERMITTED,
  sack: SACK,
  timestamps: TIMESTAMPS,
};

function optionNumber(option: TcpOption): number {
  return option.kind === 'other' ? uint('option number', option.number, 8) : NUMBERS[option.kind];
}

function writeData(option: TcpOption, into: Uint8Array): void {
  switch (option.kind) {
    case 'mss':
      putUint16(into, 2, uint('mss', option.bytes, 16));
      break;
    case 'window-scale':
      into[2] = uint('window scale', option.shift, 8);
      break;
    case 'sack':
      for (const [i, block] of option.blocks.entries()) {
        putUint32(into, 2 + i * 8, uint('sack left', block.left, 32));
        putUint32(into, 6 + i * 8, uint('sack right', block.right, 32));
      }
      break;
    case 'timestamps':
      putUint32(into, 2, uint('timestamp', option.value, 32));
      putUint32(into, 6, uint('timestamp echo', option.echo, 32));
      break;
    case 'other':
      into.set(option.data, 2);
  }
}
