/** The Internet checksum as slowly and plainly as RFC 1071 says it: one 16-bit word at a time, carry by carry. */

export function naiveChecksum(bytes: Uint8Array): number {
  const padded = bytes.length % 2 === 0 ? [...bytes] : [...bytes, 0];
  let sum = 0;
  for (let i = 0; i < padded.length; i += 2) {
    sum += padded[i]! * 256 + padded[i + 1]!;
    if (sum > 0xffff) sum = sum - 0x10000 + 1;
  }
  return 0xffff - sum;
}

/** The pseudo header written out as bytes (RFC 9293, section 3.1; RFC 8200, section 8.1). */
export function naivePseudoHeader(
  source: Uint8Array,
  destination: Uint8Array,
  protocol: number,
  length: number,
): Uint8Array {
  const isV4 = source.length === 4;
  const lengthBytes = [24, 16, 8, 0].map((shift) => Math.floor(length / 2 ** shift) % 256);
  const tail = isV4 ? [0, protocol, ...lengthBytes.slice(2)] : [...lengthBytes, 0, 0, 0, protocol];
  return Uint8Array.of(...source, ...destination, ...tail);
}
