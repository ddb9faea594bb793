/** TCP options (RFC 9293, section 3.2; RFC 7323; RFC 2018), as the bytes between header and payload. */

import { dataView, requireRoom, uint } from './bytes.js';

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

/** `undefined` when a length leaves the options or is not the one its kind must have. */
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
  const view = dataView(data);
  const sized = (length: number) => data.length === length;
  switch (number) {
    case NOP:
      return { kind: 'nop' };
    case MSS:
      return sized(2) ? { kind: 'mss', bytes: view.getUint16(0) } : undefined;
    case WINDOW_SCALE:
      return sized(1) ? { kind: 'window-scale', shift: data[0]! } : undefined;
    case SACK_PERMITTED:
      return sized(0) ? { kind: 'sack-permitted' } : undefined;
    case SACK:
      return data.length > 0 && data.length % 8 === 0
        ? { kind: 'sack', blocks: sackBlocks(view) }
        : undefined;
    case TIMESTAMPS:
      return sized(8) ? { kind: 'timestamps', value: view.getUint32(0), echo: view.getUint32(4) } : undefined;
    default:
      return { kind: 'other', number, data };
  }
}

function sackBlocks(view: DataView): SackBlock[] {
  return Array.from({ length: view.byteLength / 8 }, (_, i) => ({
    left: view.getUint32(i * 8),
    right: view.getUint32(i * 8 + 4),
  }));
}

/** Padded with end-of-list to a multiple of 4, ready to be a segment's `options`. */
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

export function emitTcpOption(option: TcpOption, into: Uint8Array): number {
  const length = optionLength(option);
  const view = requireRoom('emitTcpOption', into, length);
  into[0] = optionNumber(option);
  if (length > 1) into[1] = uint('option length', length, 8);
  writeData(option, view, into);
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

function writeData(option: TcpOption, view: DataView, into: Uint8Array): void {
  switch (option.kind) {
    case 'mss':
      view.setUint16(2, uint('mss', option.bytes, 16));
      break;
    case 'window-scale':
      view.setUint8(2, uint('window scale', option.shift, 8));
      break;
    case 'sack':
      for (const [i, block] of option.blocks.entries()) {
        view.setUint32(2 + i * 8, uint('sack left', block.left, 32));
        view.setUint32(6 + i * 8, uint('sack right', block.right, 32));
      }
      break;
    case 'timestamps':
      view.setUint32(2, uint('timestamp', option.value, 32));
      view.setUint32(6, uint('timestamp echo', option.echo, 32));
      break;
    case 'other':
      into.set(option.data, 2);
  }
}
