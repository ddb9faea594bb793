/**
 * What every bench/ shares: tasks of one group run in turns, so that a busy machine slows them alike; a table of their
 * speeds as ratios to a baseline of the same run; and bench-results.json beside the package.
 */
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { basename, dirname, join } from 'node:path';

const ROUNDS = 9;
/** Options of tinybench for one round of one group, milliseconds. */
export const ROUND = { time: 12, iterations: 5, warmupTime: 3, warmupIterations: 2 };

/** Takes results of timed code, so that the engine may not drop what computed them. */
export function keep(value) {
  kept.value = value;
}
export const kept = { value: undefined };

const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

function nanoseconds({ name, result }) {
  if (result.state === 'completed') return result.latency.p50 * 1e6;
  throw new Error(`${name}: the task ended as ${result.state}`, { cause: result.error });
}

async function roundsOf(bench) {
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    await bench.run();
    rounds.push(bench.tasks.map(nanoseconds));
    bench.reset();
  }
  return rounds;
}

/**
 * Runs `tasks` (name to function) in `bench`, a fresh Bench of tinybench. A call of a task does `operations` of what
 * the group is about. `baseline` names the task the others are compared with.
 */
export async function compare(bench, { baseline, operations, tasks }) {
  for (const [name, run] of Object.entries(tasks)) bench.add(name, run, { async: false });
  const rounds = await roundsOf(bench);
  const reference = bench.tasks.findIndex(({ name }) => name === baseline);
  const rows = bench.tasks.map(({ name }, at) => ({
    name,
    nanoseconds: median(rounds.map((times) => times[at])) / operations,
    // Within each round, because a shared machine changes its pace from one round to the next.
    speed: median(rounds.map((times) => times[reference] / times[at])),
  }));
  const group = { group: bench.name, baseline, rows };
  print(group);
  return group;
}

function print({ group, baseline, rows }) {
  console.log(`\n${group}`);
  for (const { name, nanoseconds, speed } of rows) {
    const ratio = name === baseline ? 'baseline' : `${speed.toPrecision(3)} x`;
    console.log(`  ${name.padEnd(44)}${nanoseconds.toFixed(1).padStart(12)} ns${ratio.padStart(14)}`);
  }
}

export function announce(title) {
  console.log(title);
  console.log('Time of one operation, and speed: 2.00 x is twice as fast as the baseline of its group.');
  console.log(`Medians of ${ROUNDS} rounds; speeds are compared within each round.`);
}

/** Puts the groups of one bench file under its name into its package's bench-results.json. */
export function writeResults(file, groups) {
  const path = join(dirname(file), '..', 'bench-results.json');
  const others = existsSync(path) ? JSON.parse(readFileSync(path, 'utf8')) : {};
  const results = { ...others, [basename(file, '.js')]: { node: process.version, groups } };
  writeFileSync(path, `${JSON.stringify(results, undefined, 2)}\n`);
}
