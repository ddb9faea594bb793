/**
 * One Map key for each prefix of a given length. IPv4's are signed, which V8 keeps without an object for each. Of IPv6,
 * the first 52 bits fit a number; where more count, a string of the address's eight groups does, because V8 hashes the
 * bigint of an IPv6 prefix by its zero half.
 */
import { maskWord } from './prefix-table.js';

/** How long a prefix may be for its key to be a number. */
export const NUMBER_BITS = 52;

function textKey(words, at, length) {
  const groups = [];
  for (let word = 0; word < 4; word++) {
    const masked = words[at + word] & maskWord(length, word);
    groups.push((masked >>> 16) & 0xffff, masked & 0xffff);
  }
  return String.fromCharCode(...groups);
}

/** The function that makes the keys of one length from `(words, at)`. */
export function keyMaker(width, length) {
  const [first, second] = [maskWord(length, 0), maskWord(length, 1)];
  if (width === 1) return (words, at) => words[at] & first;
  if (length > NUMBER_BITS) return (words, at) => textKey(words, at, length);
  return (words, at) => ((words[at] & first) >>> 0) * 2 ** 20 + (((words[at + 1] & second) >>> 12) & 0xfffff);
}
