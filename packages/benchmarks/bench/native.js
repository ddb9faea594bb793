/**
 * Batch lookups against DPDK on the same table and the same addresses, in turns: rte_lpm by bulk and by fours, rte_fib,
 * rte_lpm6, rte_fib6, and the last two's AVX-512 where the CPU has it. Tables as large as the global one, generated
 * and overlapping, and real and disjoint; next hops up to 255. All answers are compared before anything is timed.
 */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { NumericRouteTable } from '@podlan/dataplane';
import { announce, compare, keep, ROUND, timesAsFast, writeResults } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import { NativeLpm } from '../contenders/native-lpm.js';
import { provideDpdk } from '../native/toolchain.js';
import { installRivals } from '../rivals.js';
import { generatedTable } from '../tables/generated-table.js';
import { realTable } from '../tables/real-table.js';
import { traffic } from '../tables/traffic.js';
import { stayOnOneCpu } from './one-cpu.js';
import { FULL } from './sizes.js';

const NEXT_HOPS = 255;
const PATTERNS = ['uniform', 'covered', 'zipf'];
const ADDRESSES = 1 << 20;
/** To a call, of both sides. */
const COUNT = 1 << 14;
const OURS = 'NumericRouteTable.lookupBatch';

const TABLES = {
  'generated, overlapping': (family) => generatedTable({ family, size: FULL[family], nextHops: NEXT_HOPS }),
  'real, disjoint': (family) => realTable(family, NEXT_HOPS),
};

const batchLookup = (numeric, family) =>
  family === 4
    ? (addresses, out) => numeric.lookupBatch(addresses, out)
    : (addresses, out) => numeric.lookupBatch6(addresses, out);

function ourTask(lookup, list) {
  const all = list.batch();
  const stride = (all.length / list.size) * COUNT;
  const out = new Uint32Array(COUNT);
  let next = 0;
  const run = () => {
    lookup(all.subarray(next, next + stride), out);
    keep(out);
    next = (next + stride) % all.length;
  };
  return { operations: COUNT, run };
}

async function measurePattern({ title, lookup, native, list }) {
  await native.load(list);
  const ours = new Uint32Array(list.size);
  lookup(list.batch(), ours);
  const tasks = { [OURS]: ourTask(lookup, list) };
  for (const structure of await native.structures()) {
    assert.deepEqual(await native.answers(structure), ours, `${title}: ${structure} answers otherwise`);
    tasks[structure] = native.task(structure, COUNT, list.size);
  }
  const bench = new Bench({ name: title, ...ROUND });
  return compare(bench, { baseline: OURS, tasks });
}

async function measureTable(family, kind, table) {
  const numeric = await NumericRouteTable.from(table.entries());
  const native = new NativeLpm(table);
  const groups = [];
  for (const pattern of PATTERNS) {
    const title = `IPv${family}, ${kind}, ${table.size} prefixes, ${pattern}`;
    const list = traffic(pattern, { table, count: ADDRESSES });
    const lookup = batchLookup(numeric, family);
    groups.push(await measurePattern({ title, lookup, native, list }));
  }
  native.close();
  return groups;
}

/** Ours over the fastest of the others. */
function lead({ group, rows: [ours, ...others] }) {
  const fastest = others.reduce((best, row) => (row.nanoseconds < best.nanoseconds ? row : best));
  return { group, rival: fastest.name, times: timesAsFast(ours, fastest) };
}

function printLeads(leads) {
  console.log(`\n${OURS} over the fastest of DPDK, in the same rounds`);
  for (const { group, rival, times } of leads)
    console.log(`  ${group.padEnd(56)}${times.toPrecision(3).padStart(8)} x ${rival}`);
}

provideDpdk();
stayOnOneCpu();
installRivals();
announce('Longest-prefix match beside DPDK, one address of a batch');
const groups = [];
for (const family of [4, 6])
  for (const [kind, make] of Object.entries(TABLES))
    groups.push(...(await measureTable(family, kind, make(family))));
const leads = groups.map(lead);
printLeads(leads);
writeResults(fileURLToPath(import.meta.url), groups, { leads });
