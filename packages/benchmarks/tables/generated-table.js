/**
 * Overlapping routing tables with the prefix lengths of the global one. Placed from short to long: some inside shorter
 * ones, some beside the one placed last, as allocations lie, the rest where nothing is yet in the space that registries
 * give out. About half come to lie inside another, as in the global table, and half of those placed in or beside
 * another share its next hop.
 */
import { LengthMaps, NO_ROUTE } from '../oracle/length-maps.js';
import { lengthCounts } from './length-histogram.js';
import { maskWord, PrefixTable, wordsOf } from './prefix-table.js';
import { randomOf } from './random.js';

// Of a hundred.
const NESTED = 30;
const NEIGHBOR = 35;
const INHERITS = 50;
const ATTEMPTS_AT_ROOM = 20;
const WORD = 2 ** 32;
/** First 16 bits of what the registries hold: 2001::/16, and a /12 each. */
const IPV6_FIRST = [0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00];

/** Never 10/8, 127/8, 0/8, multicast and beyond: addresses that no global table has are misses. */
function firstWordV4(random) {
  for (;;) {
    const word = random(WORD);
    const first = word >>> 24;
    if (first > 0 && first < 224 && first !== 10 && first !== 127) return word;
  }
}

function firstWordV6(random) {
  const first = IPV6_FIRST[random(IPV6_FIRST.length)];
  const second = random(first === 0x2001 ? 0x1000 : 0x10000);
  return ((first << 16) | second) >>> 0;
}

/** The same prefix length, one further; carries to the left. */
export function nextPrefix(words, length) {
  const next = Uint32Array.from(words);
  let word = (length - 1) >> 5;
  let step = 2 ** (31 - ((length - 1) & 31));
  for (; word >= 0; word--, step = 1) {
    next[word] += step;
    if (next[word] >= step) break;
  }
  return next;
}

class Placement {
  #random;
  #seen;

  constructor(family, size, nextHops, seed) {
    this.table = new PrefixTable(family, size);
    this.#random = randomOf(seed);
    this.#seen = new LengthMaps(family);
    this.family = family;
    this.nextHops = nextHops;
    this.placed = 0;
  }

  #anywhere() {
    const words = Uint32Array.from({ length: wordsOf(this.family) }, () => this.#random(WORD));
    words[0] = this.family === 4 ? firstWordV4(this.#random) : firstWordV6(this.#random);
    return words;
  }

  /** Outside of every shorter prefix, or, where most of the space is taken, anywhere. */
  #fresh() {
    let words = this.#anywhere();
    for (let i = 0; i < ATTEMPTS_AT_ROOM && this.#seen.lookup(words) !== NO_ROUTE; i++)
      words = this.#anywhere();
    return { words, near: undefined };
  }

  #inside(parent) {
    const { table } = this;
    const length = table.lengths[parent];
    const words = table
      .address(parent)
      .map((word, at) => word | (this.#random(WORD) & ~maskWord(length, at)));
    return { words, near: parent };
  }

  /** `shorter`: how many rows have a shorter prefix. */
  #candidate(length, shorter) {
    const dice = this.#random(100);
    if (dice < NESTED && shorter > 0) return this.#inside(this.#random(shorter));
    const last = this.placed - 1;
    if (dice < NESTED + NEIGHBOR && last >= shorter)
      return { words: nextPrefix(this.table.address(last), length), near: last };
    return this.#fresh();
  }

  #value(near) {
    if (near !== undefined && this.#random(100) < INHERITS) return this.table.values[near];
    return this.#random(this.nextHops);
  }

  place(length, shorter) {
    for (;;) {
      const { words, near } = this.#candidate(length, shorter);
      if (this.#seen.has(words, length)) continue;
      this.#seen.insert(words, length, 0);
      this.table.set(this.placed, words, length, this.#value(near));
      this.placed++;
      return;
    }
  }
}

/** By address, then from short to long, as a dump of a router lists them. */
export function sortedTable(table) {
  const { width, words, lengths } = table;
  const order = Uint32Array.from({ length: table.size }, (_, at) => at);
  order.sort((a, b) => {
    for (let word = 0; word < width; word++) {
      const difference = words[a * width + word] - words[b * width + word];
      if (difference !== 0) return difference;
    }
    return lengths[a] - lengths[b];
  });
  const sorted = new PrefixTable(table.family, table.size);
  for (const [at, from] of order.entries())
    sorted.set(at, table.address(from), table.lengths[from], table.values[from]);
  return sorted;
}

/** `size` different prefixes; next hops are 0…`nextHops`-1. The same seed makes the same table. */
export function generatedTable({ family, size, nextHops = 255, seed = 1 }) {
  const placement = new Placement(family, size, nextHops, seed);
  for (const [length, count] of lengthCounts(family, size)) {
    const shorter = placement.placed;
    for (let i = 0; i < count; i++) placement.place(length, shorter);
  }
  return sortedTable(placement.table);
}
