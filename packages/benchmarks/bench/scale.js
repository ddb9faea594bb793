/**
 * A node of a large cluster: what an event costs it, how soon a fresh one has all its peers programmed, its memory, and how
 * often it asks its store. SIZES: numbers of peers, separated by commas. Needs root.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { ROUNDS, whereAndHow, writeResults } from '@podlan/tooling/bench-report';
import { compareFirstConvergence } from './scale/first-convergence.js';
import { measureJoins } from './scale/joins.js';
import { measureWithEtcd } from './scale/real-etcd.js';
import { countStoreRequests } from './scale/store-requests.js';

setFlagsFromString('--expose-gc');
global.gc = runInNewContext('gc');

const MOST_RATIO = 2;
const sizes = (process.env.SIZES ?? '10,1000,5000').split(',').map(Number);
const most = Math.max(...sizes);

console.log('A node of a large cluster');
console.log(whereAndHow());
// The first one compiles what it runs.
await measureJoins(sizes[0]);
const joins = [];
for (const peers of sizes) joins.push(await measureJoins(peers));
console.log('\nOn a kernel in memory: an event of the store, until the last row of its peer is applied');
for (const { peers, joinMs, convergenceMs, heapMB } of joins) {
  const event = `${joinMs.toFixed(2)} ms an event (${(joinMs / joins[0].joinMs).toFixed(2)} x that of ${sizes[0]})`;
  console.log(
    `  ${String(peers).padStart(6)} peers: ${event}, all at first ${convergenceMs.toFixed(0)} ms, heap ${heapMB.toFixed(1)} MB`,
  );
}

const requests = await countStoreRequests(most);
const { calls, minutes, perMinute } = requests;
console.log(
  `\nRequests to the store by a node beside ${most} others, in ${minutes} minutes of a clock that is moved`,
);
console.log(`  ${JSON.stringify(calls)}: ${perMinute.toPrecision(2)} a minute; its events come by its watch`);

console.log('\nWith a real etcd on this machine, until the last row is applied to a kernel in memory');
const etcd = [];
for (const peers of sizes) {
  const one = await measureWithEtcd(peers);
  etcd.push(one);
  const { convergenceMs, joinMs, atStart, whileQuiet } = one;
  console.log(
    `  ${String(peers).padStart(6)} peers: all at first ${convergenceMs.toFixed(0)} ms, then ${joinMs.toFixed(1)} ms from a put`,
  );
  console.log(
    `          requests at the start ${JSON.stringify(atStart)}, in three quiet seconds ${JSON.stringify(whileQuiet)}`,
  );
}

const first = await compareFirstConvergence(most, ROUNDS);
console.log(`\nOn this machine's kernel, in a namespace: ${most} routes, neighbors and FDB entries`);
console.log(`  by one ip -batch and one bridge -batch ${first.batchMs.toFixed(0)} ms`);
console.log(
  `  by a fresh node ${first.nodeMs.toFixed(0)} ms: ${first.ratio.toFixed(2)} x, which must be below ${MOST_RATIO}`,
);
if (first.ratio >= MOST_RATIO) process.exitCode = 1;

writeResults(import.meta.filename, [], { joins, requests, etcd, first });
