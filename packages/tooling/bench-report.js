/**
 * What every bench/ shares: tasks of one group run in turns, so that a busy machine slows them alike; a table of their
 * speeds as ratios to a baseline of the same run; and bench-results.json beside the package.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, release } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { rootFile } from './src/workspace.js';

/** ROUNDS makes a run quicker, or its medians steadier. */
export const ROUNDS = Number(process.env.ROUNDS ?? 9);
/** Options of tinybench for one round of one group, milliseconds. */
export const ROUND = { time: 12, iterations: 5, warmupTime: 3, warmupIterations: 2 };

/** Takes results of timed code, so that the engine may not drop what computed them. */
export function keep(value) {
  kept.value = value;
}
export const kept = { value: undefined };

export const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function nanoseconds({ name, result }) {
  if (result.state === 'completed') return result.latency.p50 * 1e6;
  throw new Error(`${name}: the task ended as ${result.state}`, { cause: result.error });
}

async function roundsOf(bench, count) {
  const rounds = [];
  for (let round = 0; round < count; round++) {
    await bench.run();
    rounds.push(bench.tasks.map(nanoseconds));
    bench.reset();
  }
  return rounds;
}

const isAsync = (run) => run.constructor.name === 'AsyncFunction';

/**
 * Runs `tasks` (name to function) in `bench`, a fresh Bench of tinybench. A call of a task does `operations` of what
 * the group is about; a task that does another number is `{ run, operations }`. `baseline` names the task the others
 * are compared with. `untimed` (name to reason) are rows without a time.
 */
export async function compare(bench, { baseline, operations, tasks, untimed = {}, rounds: count = ROUNDS }) {
  const counts = [];
  for (const [name, task] of Object.entries(tasks)) {
    const { run, operations: own = operations } = typeof task === 'function' ? { run: task } : task;
    counts.push(own);
    bench.add(name, run, { async: isAsync(run) });
  }
  const rounds = (await roundsOf(bench, count)).map((times) => times.map((time, at) => time / counts[at]));
  const reference = bench.tasks.findIndex(({ name }) => name === baseline);
  const rows = bench.tasks.map(({ name }, at) => ({
    name,
    nanoseconds: median(rounds.map((times) => times[at])),
    // Within each round, because a shared machine changes its pace from one round to the next.
    speed: median(rounds.map((times) => times[reference] / times[at])),
    rounds: rounds.map((times) => times[at]),
  }));
  const group = { group: bench.name, baseline, rows, untimed };
  print(group);
  return group;
}

/** How many times as fast as `other` a row of a group is: the median of the ratios within its rounds. */
export function timesAsFast(row, other) {
  return median(row.rounds.map((time, round) => other.rounds[round] / time));
}

function print({ group, baseline, rows, untimed }) {
  console.log(`\n${group}`);
  for (const { name, nanoseconds, speed } of rows) {
    const ratio = name === baseline ? 'baseline' : `${speed.toPrecision(3)} x`;
    console.log(`  ${name.padEnd(58)}${nanoseconds.toFixed(1).padStart(14)} ns${ratio.padStart(14)}`);
  }
  for (const [name, reason] of Object.entries(untimed)) console.log(`  ${name.padEnd(58)}  ${reason}`);
}

const machine = () => `${cpus()[0]?.model ?? 'CPU'} x ${cpus().length}, Linux ${release()}`;

/** What a run can be told by, as far as it was. */
const SETTINGS = ['ROUNDS', 'SECONDS', 'SIZES', 'WASM_SIZES', 'PAIRS'];

function command() {
  const settings = SETTINGS.filter((name) => process.env[name]).map(
    (name) => `${name}=${process.env[name]} `,
  );
  return `${settings.join('')}node ${relative(rootFile('.'), process.argv[1])}`;
}

/** The machine, and the command that is running on it. */
export const whereAndHow = () => `${machine()}; Node.js ${process.version}; ${command()}`;

export function announce(title) {
  console.log(title);
  console.log('Time of one operation, and speed: 2.00 x is twice as fast as the baseline of its group.');
  console.log(`Medians of ${ROUNDS} rounds; speeds are compared within each round.`);
  console.log(whereAndHow());
}

/** Puts the groups of one bench file, and what else it found, into its package's bench-results.json. */
export function writeResults(file, groups, others = {}) {
  const path = join(dirname(file), '..', 'bench-results.json');
  const earlier = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const where = {
    at: new Date().toISOString(),
    node: process.version,
    machine: machine(),
    command: command(),
  };
  const run = { ...where, ...others, groups };
  const results = { ...earlier, [basename(file, '.js')]: run };
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
}
