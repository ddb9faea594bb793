/** What every codec needs of a byte range: numbers in network order, and checks of room and width. */

export function dataView(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}

/**
 * The 16 bits at `at`, in network order. Where a byte is not there, it counts as zero.
 *
 * @example
 * ```ts
 * import { uint16At } from '@podlan/wire';
 *
 * uint16At(Uint8Array.of(0x21, 0x18, 0), 0); // => 0x2118
 * ```
 */
export function uint16At(bytes: Uint8Array, at: number): number {
  return (bytes[at]! << 8) | bytes[at + 1]!;
}

/**
 * The unsigned 32 bits at `at`, in network order. Where a byte is not there, it counts as zero.
 *
 * @example
 * ```ts
 * import { Ipv6View, uint32At } from '@podlan/wire';
 *
 * const packet = new Uint8Array(40);
 * packet.set([0x60, 0, 0, 0, 0, 0, 59, 64, 0x20, 0x01, 0x0d, 0xb8]);
 * const ip = Ipv6View.over(packet)!;
 * uint32At(ip.bytes, ip.sourceAt); // => 0x20010db8
 * ```
 */
export function uint32At(bytes: Uint8Array, at: number): number {
  return ((uint16At(bytes, at) << 16) | uint16At(bytes, at + 2)) >>> 0;
}

/** In network order; what is above 16 bits is dropped. */
export function putUint16(bytes: Uint8Array, at: number, value: number): void {
  bytes[at] = value >>> 8;
  bytes[at + 1] = value;
}

/** In network order. */
export function putUint32(bytes: Uint8Array, at: number, value: number): void {
  putUint16(bytes, at, value >>> 16);
  putUint16(bytes, at + 2, value);
}

/** Emitting into too little room is the caller's mistake, so it throws. */
export function requireRoom(what: string, into: Uint8Array, needed: number): void {
  if (into.length < needed) {
    throw new RangeError(`${what}: expected room for ${needed} bytes, got ${into.length}`);
  }
}

/** Reading or writing a range that is not there is the caller's mistake, so it throws. */
export function requireRange(what: string, bytes: Uint8Array, at: number, length: number): void {
  if (!(at >= 0 && at + length <= bytes.length)) {
    throw new RangeError(`${what}: expected ${length} bytes at ${at}, got ${bytes.length} in all`);
  }
}

/** A number too wide for its field would silently change meaning, so it throws. */
export function uint(name: string, value: number, bits: number): number {
  if (value >>> 0 === value && (bits === 32 || value >>> bits === 0)) return value;
  throw new RangeError(`${name}: expected an unsigned number of ${bits} bits, got ${value}`);
}
