/**
 * The table of `@ip-location-db/asn` (CC BY 4.0; see rivals/README.md): ranges of addresses and the number of the
 * autonomous system that announces them, made into prefixes. Where two ranges overlap, the first has the addresses, so
 * that the prefixes are disjoint.
 */
import { readFileSync } from 'node:fs';
import { rivalFile } from '../rivals.js';
import { bitsOf, PrefixTable } from './prefix-table.js';
import { rangePrefixes } from './range-prefixes.js';

const FILE = { 4: '@ip-location-db/asn/asn-ipv4-num.csv', 6: '@ip-location-db/asn/asn-ipv6-num.csv' };

function wordsOfNumber(address, bits) {
  const words = [];
  for (let shift = bits - 32; shift >= 0; shift -= 32)
    words.push(Number((address >> BigInt(shift)) & 0xffffffffn));
  return words;
}

function* disjointRanges(csv) {
  let free = 0n;
  for (const line of csv.split('\n')) {
    if (line === '') continue;
    const [first, last, system] = line.split(',', 3);
    yield [BigInt(first) < free ? free : BigInt(first), BigInt(last), Number(system)];
    free = BigInt(last) + 1n;
  }
}

/** Lines of `first,last,number,name`, ascending. */
export function tableOfRanges(csv, family) {
  const bits = bitsOf(family);
  const rows = [];
  for (const [first, last, system] of disjointRanges(csv)) {
    for (const [address, length] of rangePrefixes(first, last, bits))
      rows.push([wordsOfNumber(address, bits), length, system]);
  }
  const table = new PrefixTable(family, rows.length);
  for (const [at, [words, length, system]] of rows.entries()) table.set(at, words, length, system);
  return table;
}

/** Values are system numbers, or with `nextHops` one of that many next hops, the same for all of a system. */
export function realTable(family, nextHops) {
  const table = tableOfRanges(readFileSync(rivalFile(FILE[family]), 'utf8'), family);
  if (nextHops !== undefined) table.values = table.values.map((system) => system % nextHops);
  return table;
}
