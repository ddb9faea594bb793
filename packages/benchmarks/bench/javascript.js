/**
 * RouteTable against what else JavaScript has, by size of the table: lookups that hit and that miss, updates, bulk
 * load and memory. Tables overlap and have the global routing table's prefix lengths; `full` is as large as that one.
 * Every answer of the first addresses is compared with the oracle's, and who differs is named and not timed.
 *
 * SIZES=100,10000 measures these only; `full` is a size.
 */
import { fileURLToPath } from 'node:url';
import { announce, writeResults } from '@podlan/tooling/bench-report';
import { CONTENDERS } from '../contenders/all.js';
import { routesOf } from '../contenders/contender.js';
import { LengthMaps } from '../oracle/length-maps.js';
import { installRivals } from '../rivals.js';
import { generatedTable } from '../tables/generated-table.js';
import { loadGroup } from './javascript/loads.js';
import { lookupGroups } from './javascript/lookups.js';
import { memoryOf, printMemory } from './javascript/memory.js';
import { leads, printLeads } from './javascript/targets.js';
import { updateGroup } from './javascript/updates.js';
import { FULL, sizesOf } from './sizes.js';

const NO_LIMIT = Number.POSITIVE_INFINITY;
/** The size at which a load and the memory it takes are measured besides full size, where a load is timed once. */
const LOADED = 10_000;

function split(family, size) {
  const [taking, absent] = [[], {}];
  for (const contender of CONTENDERS) {
    const { name, families, largest = NO_LIMIT, unavailable } = contender;
    const reason = unavailable?.();
    if (!families.includes(family)) absent[name] = 'IPv4 only';
    else if (size > largest) absent[name] = `up to ${largest} prefixes: the time it takes grows with them`;
    else if (reason) absent[name] = reason;
    else taking.push(contender);
  }
  return { taking, absent };
}

async function measureTable(family, size) {
  const title = `IPv${family}, ${size} prefixes`;
  const table = generatedTable({ family, size });
  const source = { table, routes: routesOf(table) };
  const { taking, absent } = split(family, size);
  const loaded = new Map();
  for (const contender of taking) loaded.set(contender, await contender.load(source));
  const groups = await lookupGroups({ title, table, maps: LengthMaps.of(table), loaded, absent });
  const found = groups.flatMap(leads);
  groups.push(await updateGroup({ title, routes: source.routes, loaded }));
  loaded.clear();
  const isFull = size === FULL[family];
  if (!isFull && size !== LOADED) return { groups, found, memory: {} };
  groups.push(await loadGroup({ title, source, contenders: taking, rounds: isFull ? 1 : undefined }));
  const memory = { [title]: memoryOf(taking, family, size) };
  for (const [name, rows] of Object.entries(memory)) printMemory(name, rows);
  return { groups, found, memory };
}

installRivals();
announce('Longest-prefix match in JavaScript, one address');
const all = { groups: [], found: [], memory: {} };
for (const family of [4, 6]) {
  for (const size of sizesOf(family)) {
    const { groups, found, memory } = await measureTable(family, size);
    all.groups.push(...groups);
    all.found.push(...found);
    Object.assign(all.memory, memory);
  }
}
printLeads(all.found);
writeResults(fileURLToPath(import.meta.url), all.groups, { leads: all.found, memoryBytes: all.memory });
