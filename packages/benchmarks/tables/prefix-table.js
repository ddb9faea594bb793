/**
 * A routing table as columns, and a list of addresses: what every contender is filled from and asked about. An address
 * is 1 (IPv4) or 4 (IPv6) 32-bit words, the leftmost first, so that both families are handled by the same code.
 */
import { ipFromBytes } from '@podlan/wire';
import { flatText } from './flat-text.js';

export const wordsOf = (family) => (family === 4 ? 1 : 4);
export const bitsOf = (family) => (family === 4 ? 32 : 128);

/** The bits of word `word` that a prefix of `length` covers. */
export function maskWord(length, word) {
  const bits = Math.max(0, Math.min(32, length - 32 * word));
  return bits === 0 ? 0 : (-1 << (32 - bits)) >>> 0;
}

export function addressText(words, at, width) {
  const word = words[at];
  if (width === 1) return `${word >>> 24}.${(word >>> 16) & 255}.${(word >>> 8) & 255}.${word & 255}`;
  return ipFromBytes(networkOrder(words.subarray(at, at + width)));
}

/** The words as bytes in network order. */
export function networkOrder(words) {
  const view = new DataView(new ArrayBuffer(words.length * 4));
  for (const [at, word] of words.entries()) view.setUint32(at * 4, word);
  return new Uint8Array(view.buffer);
}

export class AddressList {
  constructor(family, count) {
    this.family = family;
    this.width = wordsOf(family);
    this.words = new Uint32Array(count * this.width);
    this.size = count;
  }

  text(at) {
    return addressText(this.words, at * this.width, this.width);
  }

  texts() {
    return flatText(Array.from({ length: this.size }, (_, at) => this.text(at)));
  }

  /** The first `count`. */
  first(count) {
    const part = new AddressList(this.family, 0);
    part.words = this.words.subarray(0, count * this.width);
    part.size = Math.min(count, this.size);
    return part;
  }

  /** What a batch lookup takes: numbers for IPv4, 16 bytes each for IPv6. */
  batch() {
    return this.family === 4 ? this.words : networkOrder(this.words);
  }
}

export class PrefixTable {
  constructor(family, size) {
    this.family = family;
    this.width = wordsOf(family);
    this.size = size;
    this.words = new Uint32Array(size * this.width);
    this.lengths = new Uint8Array(size);
    this.values = new Uint32Array(size);
  }

  /** Row `at`: the words are masked to the length. */
  set(at, words, length, value) {
    for (let word = 0; word < this.width; word++) {
      this.words[at * this.width + word] = words[word] & maskWord(length, word);
    }
    this.lengths[at] = length;
    this.values[at] = value;
  }

  address(at) {
    return this.words.subarray(at * this.width, (at + 1) * this.width);
  }

  addressText(at) {
    return addressText(this.words, at * this.width, this.width);
  }

  text(at) {
    return `${this.addressText(at)}/${this.lengths[at]}`;
  }

  *entries() {
    for (let at = 0; at < this.size; at++) yield [this.text(at), this.values[at]];
  }
}
