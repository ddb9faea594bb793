/** An array of `struct iovec`, `| base 8 | length 8 |`, for writev(2), recvmmsg(2) and sendmmsg(2). */

const WORDS_PER_IOVEC = 4;
export const IOVEC_BYTES = 16;

const HIGH = 2 ** 32;

/** Writes an address of 64 bits as two words, the low one first. */
export function setAddress(words: Uint32Array, at: number, address: number): void {
  words[at] = address;
  words[at + 1] = address / HIGH;
}

/** Writes iovec `i` of those that begin at word `first`. */
export function setIovec(words: Uint32Array, first: number, i: number, base: number, length: number): void {
  const at = first + i * WORDS_PER_IOVEC;
  setAddress(words, at, base);
  words[at + 2] = length;
  words[at + 3] = 0;
}
