/**
 * Longest-prefix match as one would write it without a trie: a Map per prefix length, longest first. Takes and answers
 * what RouteTable does, and reads addresses by the same parser, so that the match is what differs.
 */
import { ipToBytes, parseIpAddress, parseIpPrefix, prefixAddress, prefixLength } from '@podlan/wire';

/**
 * 32 bits fit a number, 128 a bigint. V8 hashes a bigint by its lowest 64 bits, which prefixes up to /64 leave zero:
 * hence the halves are swapped, or the keys would all collide.
 */
function numberOf(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  return bytes.length === 4 ? view.getUint32(0) : swapped(view.getBigUint64(0), view.getBigUint64(8));
}

const swapped = (high, low) => (low << 64n) | high;

const onesAbove = (length, bits) => ((1n << BigInt(length)) - 1n) << BigInt(bits - length);

const maskOf = {
  4: (length) => (length === 0 ? 0 : (-1 << (32 - length)) >>> 0),
  16: (length) => swapped(onesAbove(Math.min(length, 64), 64), onesAbove(Math.max(length - 64, 0), 64)),
};

const masked = (number, mask) => (typeof number === 'number' ? (number & mask) >>> 0 : number & mask);

export class PrefixMaps {
  /** Per address bytes: maps by length, longest first. */
  #levels = { 4: [], 16: [] };

  insert(text, value) {
    const prefix = parseIpPrefix(text);
    const bytes = ipToBytes(prefixAddress(prefix));
    this.#level(bytes.length, prefixLength(prefix)).routes.set(numberOf(bytes), { prefix, value });
  }

  delete(text) {
    const prefix = parseIpPrefix(text);
    const bytes = ipToBytes(prefixAddress(prefix));
    return this.#level(bytes.length, prefixLength(prefix)).routes.delete(numberOf(bytes));
  }

  #level(bytes, length) {
    const levels = this.#levels[bytes];
    const known = levels.find((level) => level.length === length);
    if (known) return known;
    const level = { length, mask: maskOf[bytes](length), routes: new Map() };
    levels.push(level);
    levels.sort((a, b) => b.length - a.length);
    return level;
  }

  lookup(text) {
    const bytes = ipToBytes(parseIpAddress(text));
    const number = numberOf(bytes);
    for (const { mask, routes } of this.#levels[bytes.length]) {
      const route = routes.get(masked(number, mask));
      if (route) return route;
    }
    return undefined;
  }
}
