/** Neighbor Discovery options (RFC 4861, section 4.6): type, length in units of 8 bytes, body. */

import { type MacAddress, macFromBytes, macToBytes } from './address.js';
import { requireRoom, uint } from './bytes.js';

export const NdpOptionType = { sourceLinkAddress: 1, targetLinkAddress: 2 } as const;

export interface NdpOption {
  readonly type: number;
  /** Without type and length: 6, 14, 22, ... bytes. */
  readonly body: Uint8Array;
}

/** "Nodes MUST silently discard an ND packet that contains an option with length zero." */
export function parseNdpOptions(bytes: Uint8Array): NdpOption[] | undefined {
  const options: NdpOption[] = [];
  let at = 0;
  while (at < bytes.length) {
    const length = (bytes[at + 1] ?? 0) * 8;
    if (length === 0 || at + length > bytes.length) return undefined;
    options.push({ type: bytes[at]!, body: bytes.subarray(at + 2, at + length) });
    at += length;
  }
  return options;
}

export function ndpOptionBytes(options: readonly NdpOption[]): Uint8Array {
  const bytes = new Uint8Array(options.reduce((sum, option) => sum + 2 + option.body.length, 0));
  let at = 0;
  for (const option of options) at += emitNdpOption(option, bytes.subarray(at));
  return bytes;
}

export function emitNdpOption(option: NdpOption, into: Uint8Array): number {
  const length = 2 + option.body.length;
  const view = requireRoom('emitNdpOption', into, length);
  view.setUint8(0, uint('option type', option.type, 8));
  view.setUint8(1, uint('option length (in multiples of 8 bytes)', length / 8, 8));
  into.set(option.body, 2);
  return length;
}

/** RFC 2464, section 6. `type` is one of {@link NdpOptionType}. */
export function linkAddressOption(type: number, address: MacAddress): NdpOption {
  return { type, body: macToBytes(address) };
}

export function linkAddressOf(options: readonly NdpOption[], type: number): MacAddress | undefined {
  const option = options.find((candidate) => candidate.type === type && candidate.body.length === 6);
  return option && macFromBytes(option.body);
}
