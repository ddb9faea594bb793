/** Neighbor Discovery options (RFC 4861, section 4.6): type, length in units of 8 bytes, body. */

import { requireRoom, uint } from './bytes.js';
import { type MacAddress, macFromBytes, macToBytes } from './mac.js';

/** Types of the options that carry a link address (RFC 4861, section 4.6.1). */
export const NdpOptionType = { sourceLinkAddress: 1, targetLinkAddress: 2 } as const;

/** An option as a value. */
export interface NdpOption {
  readonly type: number;
  /** Without type and length: 6, 14, 22, ... bytes. */
  readonly body: Uint8Array;
}

/**
 * "Nodes MUST silently discard an ND packet that contains an option with length zero": `undefined` for that, and where an
 * option leaves the bytes.
 *
 * @example
 * ```ts
 * import { parseNdpOptions } from '@podlan/wire';
 *
 * const options = parseNdpOptions(Uint8Array.of(1, 1, 2, 0, 0, 0, 0, 10));
 * options?.map(({ type, body }) => [type, body.length]); // => [[1, 6]]
 * parseNdpOptions(Uint8Array.of(1, 0, 2, 0, 0, 0, 0, 10)); // => undefined
 * ```
 */
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

/**
 * The options one behind the other, as they stand in a message.
 *
 * @example
 * ```ts
 * import { linkAddressOption, NdpOptionType, ndpOptionBytes, parseMacAddress } from '@podlan/wire';
 *
 * const mac = parseMacAddress('02:00:00:00:00:0a')!;
 * const option = linkAddressOption(NdpOptionType.sourceLinkAddress, mac);
 * [...ndpOptionBytes([option])]; // => [1, 1, 2, 0, 0, 0, 0, 10]
 * ```
 */
export function ndpOptionBytes(options: readonly NdpOption[]): Uint8Array {
  const bytes = new Uint8Array(options.reduce((sum, option) => sum + 2 + option.body.length, 0));
  let at = 0;
  for (const option of options) at += emitNdpOption(option, bytes.subarray(at));
  return bytes;
}

/**
 * Writes one option at the beginning of `into` and returns how many bytes that were. Too little room and a body that does
 * not fill units of 8 bytes are a RangeError.
 *
 * @example
 * ```ts
 * import { emitNdpOption } from '@podlan/wire';
 *
 * const bytes = new Uint8Array(8);
 * emitNdpOption({ type: 1, body: Uint8Array.of(2, 0, 0, 0, 0, 10) }, bytes); // => 8
 * [...bytes]; // => [1, 1, 2, 0, 0, 0, 0, 10]
 * ```
 */
export function emitNdpOption(option: NdpOption, into: Uint8Array): number {
  const length = 2 + option.body.length;
  requireRoom('emitNdpOption', into, length);
  into[0] = uint('option type', option.type, 8);
  into[1] = uint('option length (in multiples of 8 bytes)', length / 8, 8);
  into.set(option.body, 2);
  return length;
}

/**
 * RFC 2464, section 6. `type` is one of {@link NdpOptionType}.
 *
 * @example
 * ```ts
 * import { linkAddressOption, NdpOptionType, parseMacAddress } from '@podlan/wire';
 *
 * const mac = parseMacAddress('02:00:00:00:00:0a')!;
 * [...linkAddressOption(NdpOptionType.targetLinkAddress, mac).body]; // => [2, 0, 0, 0, 0, 10]
 * ```
 */
export function linkAddressOption(type: number, address: MacAddress): NdpOption {
  return { type, body: macToBytes(address) };
}

/**
 * The address in the first option of the type that has one.
 *
 * @example
 * ```ts
 * import { linkAddressOf, NdpOptionType, parseNdpOptions } from '@podlan/wire';
 *
 * const options = parseNdpOptions(Uint8Array.of(1, 1, 2, 0, 0, 0, 0, 10))!;
 * linkAddressOf(options, NdpOptionType.sourceLinkAddress); // => '02:00:00:00:00:0a'
 * linkAddressOf(options, NdpOptionType.targetLinkAddress); // => undefined
 * ```
 */
export function linkAddressOf(options: readonly NdpOption[], type: number): MacAddress | undefined {
  const option = options.find((candidate) => candidate.type === type && candidate.body.length === 6);
  return option && macFromBytes(option.body);
}
