/** What every codec needs of a byte range: a checked place to write to, numbers that fit, and a typed window to read from. */

export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/** The base of all views: accessors read the bytes in place, nothing is copied, and no DataView is made for them. */
export abstract class ByteView {
  readonly bytes: Uint8Array;

  constructor(bytes: Uint8Array) {
    this.bytes = bytes;
  }
}

/** In network order; the caller has checked that the bytes are there. */
export function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/** As {@link uint16At}. */
export function uint32At(bytes: Uint8Array, at: number): number {
  return uint16At(bytes, at) * 0x10000 + uint16At(bytes, at + 2);
}

/** Emitting into too little room is the caller's mistake, so it throws. */
export function requireRoom(what: string, into: Uint8Array, needed: number): DataView {
  if (into.length < needed) {
    throw new RangeError(`${what}: expected room for ${needed} bytes, got ${into.length}`);
  }
  return dataView(into);
}

/** A number too wide for its field would silently change meaning, so it throws. */
export function uint(name: string, value: number, bits: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${name}: expected an unsigned number of ${bits} bits, got ${value}`);
  }
  return value;
}

const HEX = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'));

/** Lower case, two digits a byte. */
export function hexOf(bytes: Uint8Array, separator = ''): string {
  let text = '';
  for (let i = 0; i < bytes.length; i++) text += i === 0 ? HEX[bytes[i]!] : separator + HEX[bytes[i]!];
  return text;
}
