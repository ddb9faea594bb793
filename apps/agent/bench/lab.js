/**
 * Pod-to-pod traffic in the lab: podlan's forwarder, the kernel's vxlan, a plain dgram-based tunnel and the bare
 * underlay (paths.js), in one run. Twice: on an underlay without transmit offloads, where every path segments TCP and
 * makes its checksums before a frame leaves, as on a wire; and on one with them, where a veth pair passes super-packets
 * whole, which spares the kernel's vxlan both.
 *
 * Prints a table and writes bench-results.json, in which the ratios are to the kernel. ROUNDS, and SECONDS of each run, can be set.
 */
import { cpus, loadavg } from 'node:os';
import { writeResults } from '@podlan/tooling/bench-report';
import { down, withLab } from '../dist/lab/lab.js';
import { summarize } from './lines.js';
import { layPaths } from './paths.js';
import { reportText } from './report.js';
import { playRounds } from './rounds.js';
import { countFrames } from './wire-frames.js';
import { WORKLOADS } from './workloads.js';

const rounds = Number(process.env.ROUNDS ?? 3);
const seconds = Number(process.env.SECONDS ?? 2);
const SIGNALS = ['SIGINT', 'SIGTERM'];
const tell = (step) => process.stderr.write(`${step}\n`);

async function measureLab(underlayOffloads) {
  const lab = `bench${process.pid}-${underlayOffloads ? 'on' : 'off'}`;
  const where = `offloads ${underlayOffloads ? 'on' : 'off'}`;
  return withLab(lab, async () => {
    const interrupted = () => down(lab).finally(() => process.exit(130));
    for (const signal of SIGNALS) process.once(signal, interrupted);
    try {
      tell(`${where}: bringing the lab up`);
      const paths = await layPaths(lab, underlayOffloads);
      await countFrames(lab, new Set(paths.map(({ sender }) => sender)));
      const shape = { workloads: WORKLOADS, rounds, seconds };
      const played = await playRounds({ lab, paths, ...shape, tell: (step) => tell(`${where}, ${step}`) });
      return { underlayOffloads, ...summarize(played) };
    } finally {
      for (const signal of SIGNALS) process.off(signal, interrupted);
      await down(lab);
    }
  });
}

const results = {
  command: `ROUNDS=${rounds} SECONDS=${seconds} node bench/lab.js`,
  machine: `${cpus().length} x ${cpus()[0].model}`,
  /** Before it all; what else runs takes its share of the machine. */
  loadAverage: loadavg()[0],
  ...{ node: process.version, rounds, seconds },
  labs: [await measureLab(false), await measureLab(true)],
};
console.log(reportText(results));
const groups = results.labs.flatMap(({ underlayOffloads, workloads }) =>
  workloads.map(({ workload, lines }) => ({
    group: `${workload}, underlay offloads ${underlayOffloads ? 'on' : 'off'}`,
    baseline: 'kernel',
    rows: lines.map(({ path, ofKernel }) => ({ name: path, speed: ofKernel })),
  })),
);
writeResults(import.meta.filename, groups, { loadAverage: results.loadAverage, labs: results.labs });
