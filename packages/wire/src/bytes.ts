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
  return ((uint16At(bytes, at) << 16) | uint16At(bytes, at + 2)) >>> 0;
}

/** Emitting into too little room is the caller's mistake, so it throws. */
export function requireRoom(what: string, into: Uint8Array, needed: number): DataView {
  if (into.length < needed) {
    throw new RangeError(`${what}: expected room for ${needed} bytes, got ${into.length}`);
  }
  return dataView(into);
}

/** Reading or writing a range that is not there is the caller's mistake, so it throws. */
export function requireRange(what: string, bytes: Uint8Array, at: number, length: number): void {
  if (!(at >= 0 && at + length <= bytes.length)) throw outOfRange(what, bytes, at, length);
}

function outOfRange(what: string, bytes: Uint8Array, at: number, length: number): RangeError {
  return new RangeError(`${what}: expected ${length} bytes at ${at}, got ${bytes.length} in all`);
}

/** As {@link uint16At}; what is above 16 bits is dropped. */
export function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** As {@link uint16At}. */
export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  putUint16(bytes, at, value >>> 16);
  putUint16(bytes, at + 2, value);
}

/** A number too wide for its field would silently change meaning, so it throws. */
export function uint(name: string, value: number, bits: number): number {
  if (!Number.isInteger(value) || value < 0 || value >= 2 ** bits) {
    throw new RangeError(`${name}: expected an unsigned number of ${bits} bits, got ${value}`);
  }
  return value;
}
