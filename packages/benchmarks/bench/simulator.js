/**
 * Clusters in memory: how long a thousand hosts take to join, what they weigh, and how many packets go between their pods
 * in a second. SIZES and WASM_SIZES: numbers of hosts on the kernel's VXLAN and on the WebAssembly module, separated by
 * commas; PAIRS: pods that are tried.
 */
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { whereAndHow, writeResults } from '@podlan/tooling/bench-report';
import { measureCluster } from './simulator/measure-cluster.js';

setFlagsFromString('--expose-gc');
global.gc = runInNewContext('gc');

const sizes = (text) => text.split(',').filter(Boolean).map(Number);
const pairs = Number(process.env.PAIRS ?? 10_000);
const cases = [
  ...sizes(process.env.SIZES ?? '1000').map((hosts) => ({ hosts, dataplane: 'kernel' })),
  ...sizes(process.env.WASM_SIZES ?? '100').map((hosts) => ({ hosts, dataplane: 'wasm' })),
];

console.log('Clusters in memory');
console.log(whereAndHow());
const results = [];
for (const one of cases) {
  const result = await measureCluster({ ...one, pairs });
  results.push(result);
  console.log(`\n${one.hosts} hosts, vxlan by ${one.dataplane}, a pod each`);
  console.log(`  all joined in ${seconds(result.joinMs)}, pods added in ${seconds(result.podMs)}`);
  console.log(`  ${(result.simulatedMs / 1000).toFixed(1)} s of simulated time`);
  console.log(`  memory ${result.rssMB.toFixed(0)} MB, heap ${result.heapMB.toFixed(0)} MB`);
  const { probesPerSecond, packetsPerSecond } = result;
  console.log(
    `  ${pairs} pairs of pods: ${count(probesPerSecond)} echoes/s, ${count(packetsPerSecond)} packets/s`,
  );
  if (result.unanswered.length === 0) continue;
  process.exitCode = 1;
  console.error(`  ${result.unanswered.length} of them without an answer, first: ${result.unanswered[0]}`);
}
writeResults(import.meta.filename, [], results);

function seconds(ms) {
  return `${(ms / 1000).toFixed(1)} s`;
}

function count(number) {
  return Math.round(number).toLocaleString('en');
}
