/**
 * Longest-prefix match of addresses as text: hits and misses, IPv4 and IPv6, by size of the table. Misses lie between
 * the prefixes, so that no table can dismiss them by their first bits. All tables get the same prefixes and must agree
 * before anything is timed.
 */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { announce, compare, keep, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { ipFromBytes, ipToBytes, parseIpAddress } from '@podlan/wire';
import { Bench } from 'tinybench';
import { RouteTable } from '../dist/index.js';
import { LinearScan } from './rivals/linear-scan.js';
import { PrefixMaps } from './rivals/prefix-maps.js';
import { randomOf } from './rivals/random.js';

const SIZES = [100, 1000, 10_000];
const LARGEST_LINEAR = 100;
const ADDRESSES = 128;
const BASELINE = 'a JS Map per prefix length';

const random = randomOf(1);
const randomBytes = (count) => Array.from({ length: count }, () => random(256));

/** Where each family's prefixes lie, and how long they are. */
const FAMILIES = {
  IPv4: {
    address: () => ipFromBytes(Uint8Array.from([10, ...randomBytes(3)])),
    length: () => 20 + random(9),
  },
  IPv6: {
    address: () => ipFromBytes(Uint8Array.from([0xfd, 0, 2, 0x44, ...randomBytes(12)])),
    length: () => 48 + 4 * random(5),
  },
};

async function tablesOf({ address, length }, size) {
  const route = await RouteTable.create({ capacity: size });
  const tables = { route, maps: new PrefixMaps(), linear: new LinearScan() };
  while (route.size < size) {
    const prefix = `${address()}/${length()}`;
    if (route.has(prefix)) continue;
    const value = route.size;
    for (const table of Object.values(tables)) table.insert(prefix, value);
  }
  return tables;
}

/** Some host of a random prefix: its first bits are the prefix's. */
function hostIn([...prefixes], address) {
  const [prefix] = prefixes[random(prefixes.length)];
  const [text, length] = prefix.split('/');
  const bytes = ipToBytes(text);
  const other = ipToBytes(address());
  for (let bit = Number(length); bit < bytes.length * 8; bit++) {
    bytes[bit >> 3] |= other[bit >> 3] & (0x80 >> (bit & 7));
  }
  return ipFromBytes(bytes);
}

function missIn({ route }, address) {
  for (;;) {
    const candidate = address();
    if (!route.lookup(candidate)) return candidate;
  }
}

function requireAgreement({ route, maps, linear }, addresses, isHit) {
  const together = route.lookupAll(addresses);
  for (const [at, address] of addresses.entries()) {
    const expected = linear.lookup(address);
    assert.equal(expected !== undefined, isHit, address);
    for (const found of [route.lookup(address), together[at], maps.lookup(address)]) {
      assert.deepEqual(found, expected, address);
    }
  }
}

const timed = (table, addresses) => () => {
  for (const address of addresses) keep(table.lookup(address));
};

function tasksOf({ route, maps, linear }, addresses, size) {
  return {
    [BASELINE]: timed(maps, addresses),
    'RouteTable.lookup': timed(route, addresses),
    'RouteTable.lookupAll': () => keep(route.lookupAll(addresses)),
    ...(size <= LARGEST_LINEAR && { 'linear scan': timed(linear, addresses) }),
    'no match: only the text to bytes': () => {
      for (const address of addresses) keep(ipToBytes(parseIpAddress(address)));
    },
  };
}

announce('Longest-prefix match, one address as text');
const groups = [];
for (const [name, family] of Object.entries(FAMILIES)) {
  for (const size of SIZES) {
    const tables = await tablesOf(family, size);
    const kinds = {
      hit: () => hostIn(tables.route, family.address),
      miss: () => missIn(tables, family.address),
    };
    for (const [kind, address] of Object.entries(kinds)) {
      const addresses = Array.from({ length: ADDRESSES }, address);
      requireAgreement(tables, addresses.slice(0, 64), kind === 'hit');
      const bench = new Bench({ name: `${name}, ${size} prefixes, ${kind}`, ...ROUND });
      const tasks = tasksOf(tables, addresses, size);
      groups.push(await compare(bench, { baseline: BASELINE, operations: ADDRESSES, tasks }));
    }
  }
}
writeResults(fileURLToPath(import.meta.url), groups);
