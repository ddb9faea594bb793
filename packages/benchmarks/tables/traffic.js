/**
 * Addresses to look up in a table, seeded:
 *
 *   uniform   any address at all; almost none of IPv6 has a route
 *   covered   a random address in a random prefix, each prefix as likely as any other
 *   zipf      the same, but prefixes as popular as their rank (s = 1), ranks given out at random
 *   misses    no prefix holds them, but they lie among the prefixes: one bit beside one of them
 */
import { LengthMaps, NO_ROUTE } from '../oracle/length-maps.js';
import { AddressList, maskWord } from './prefix-table.js';
import { randomOf } from './random.js';

const WORD = 2 ** 32;
const ATTEMPTS_A_MISS = 100_000;

function addressList(table, count, write) {
  const list = new AddressList(table.family, count);
  for (let at = 0; at < count; at++) write(list.words, at * list.width);
  return list;
}

/** A random address in prefix `row`. */
function writeHost(table, row, random, words, at) {
  const prefix = table.address(row);
  const length = table.lengths[row];
  for (let word = 0; word < table.width; word++)
    words[at + word] = prefix[word] | (random(WORD) & ~maskWord(length, word));
}

function uniform(table, count, random) {
  return addressList(table, count, (words, at) => {
    for (let word = 0; word < table.width; word++) words[at + word] = random(WORD);
  });
}

function covered(table, count, random) {
  return addressList(table, count, (words, at) => writeHost(table, random(table.size), random, words, at));
}

export function shuffled(size, random) {
  const order = Uint32Array.from({ length: size }, (_, at) => at);
  for (let at = size - 1; at > 0; at--) {
    const other = random(at + 1);
    [order[at], order[other]] = [order[other], order[at]];
  }
  return order;
}

/** The sums 1, 1 + 1/2, 1 + 1/2 + 1/3, … */
function harmonics(size) {
  const sums = new Float64Array(size);
  let sum = 0;
  for (let rank = 0; rank < size; rank++) {
    sum += 1 / (rank + 1);
    sums[rank] = sum;
  }
  return sums;
}

/** The first rank whose sum is above `target`. */
function rankAt(sums, target) {
  let [low, high] = [0, sums.length - 1];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (sums[middle] > target) high = middle;
    else low = middle + 1;
  }
  return low;
}

function zipf(table, count, random) {
  const sums = harmonics(table.size);
  const rowOfRank = shuffled(table.size, random);
  const whole = sums[table.size - 1];
  return addressList(table, count, (words, at) => {
    const rank = rankAt(sums, (random(WORD) / WORD) * whole);
    writeHost(table, rowOfRank[rank], random, words, at);
  });
}

/** A host of a prefix that shares all but one of the last bits of `row`'s. */
function writeNeighbor(table, row, random, words, at) {
  writeHost(table, row, random, words, at);
  const bit = Math.max(0, table.lengths[row] - 1 - random(8));
  words[at + (bit >> 5)] ^= 0x80000000 >>> (bit & 31);
}

function misses(table, count, random) {
  const maps = LengthMaps.of(table);
  return addressList(table, count, (words, at) => {
    for (let attempt = 0; attempt < ATTEMPTS_A_MISS; attempt++) {
      writeNeighbor(table, random(table.size), random, words, at);
      if (maps.lookup(words, at) === NO_ROUTE) return;
    }
    throw new RangeError('misses: expected a table with room between its prefixes, found none');
  });
}

const KINDS = { uniform, covered, zipf, misses };

export const TRAFFIC = Object.keys(KINDS);

/** `count` addresses of a kind of TRAFFIC. */
export function traffic(kind, { table, count, seed = 2 }) {
  return KINDS[kind](table, count, randomOf(seed));
}
