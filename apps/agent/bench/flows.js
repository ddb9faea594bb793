/**
 * What it costs to keep flows: pod-to-pod traffic between two pairs of hosts on the wasm dataplane of one lab, one pair
 * with the flow table that agents have by default, one with none, in turn. Prints the ratio of each workload, and of the CPU
 * time that the agents took for it, and writes bench-flows.json. ROUNDS, and SECONDS of each run, can be set.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { down, joinHost, up, withLab } from '../dist/lab/lab.js';
import { table } from '../dist/table.js';
import { playRounds } from './rounds.js';
import { countFrames } from './wire-frames.js';
import { WORKLOADS } from './workloads.js';

const rounds = Number(process.env.ROUNDS ?? 5);
const seconds = Number(process.env.SECONDS ?? 2);
const lab = `bench${process.pid}-flows`;
const quietly = () => {};
const tell = (step) => process.stderr.write(`${step}\n`);

/** The variable is that of --flows. */
async function pairOf(state, name, flows) {
  process.env.FLANNELD_FLOWS = flows;
  const [one, other] = [await joinHost(state, 'wasm', quietly), await joinHost(state, 'wasm', quietly)];
  delete process.env.FLANNELD_FLOWS;
  return {
    name,
    from: one.pods[0].netns,
    to: other.pods[0].netns,
    address: other.pods[0].address,
    sender: one.host.name,
    agents: [one.host.pid, other.host.pid],
  };
}

async function play() {
  const state = await up(lab, { hosts: 0, pods: 1, dataplane: 'wasm' }, quietly);
  const paths = [await pairOf(state, 'on', '4096'), await pairOf(state, 'off', '0')];
  await countFrames(lab, new Set(paths.map(({ sender }) => sender)));
  return playRounds({ lab, paths, workloads: WORKLOADS, rounds, seconds, tell });
}

const middle = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];
const rounded = (value) => Number(value.toPrecision(3));

/** Ratios within a round: a shared machine changes its pace from one to the next. */
const compared = (name, unit, played, key) => ({
  workload: name,
  unit,
  on: rounded(middle(played.map(({ on }) => on[key]))),
  off: rounded(middle(played.map(({ off }) => off[key]))),
  ratio: rounded(middle(played.map(({ on, off }) => on[key] / off[key]))),
});

const interrupted = () => down(lab).finally(() => process.exit(130));
for (const signal of ['SIGINT', 'SIGTERM']) process.once(signal, interrupted);
const loadAverage = loadavg()[0];
const { workloads, roundTrips } = await withLab(lab, () => play().finally(() => down(lab)));
const lines = [
  ...WORKLOADS.map(({ name, unit }) => compared(name, unit, workloads[name], 'value')),
  compared('round trip', 'ms', roundTrips, 'medianMs'),
  ...WORKLOADS.map(({ name }) =>
    compared(`${name}: agents`, 'CPU s/GB', workloads[name], 'agentCpuSecondsPerGB'),
  ),
];
const results = {
  command: `ROUNDS=${rounds} SECONDS=${seconds} node bench/flows.js`,
  machine: `${cpus().length} x ${cpus()[0].model}`,
  ...{ loadAverage, node: process.version, rounds, seconds, lines },
};
console.log(
  `${results.command}\n${results.machine}, Node.js ${results.node}, load average before: ${loadAverage.toFixed(2)}`,
);
console.log(`medians of ${rounds} rounds, ${seconds} s a run; ON / OFF: within a round\n`);
const rows = lines.map(({ workload, unit, on, off, ratio }) => [
  workload,
  String(on),
  String(off),
  unit,
  ratio.toFixed(3),
]);
console.log(table(['', 'FLOWS', 'NO FLOWS', '', 'ON / OFF'], rows));
writeFileSync(new URL('../bench-flows.json', import.meta.url), `${JSON.stringify(results, undefined, 2)}\n`);
