/** Rounds on one lab: each workload on every path in turn, so that a busy machine slows them alike. */
import { cpuTime, residentMegabytes } from './cpu-time.js';
import { sentBytes } from './wire-frames.js';
import { roundTrip } from './workloads.js';

const BYTES_A_GB = 1e9;

/** Runs the traffic, and says what it cost and in what size the underlay saw it. */
async function measured(lab, path, traffic) {
  const wire = await sentBytes(lab, path.sender);
  const cpu = cpuTime(path.agents);
  const outcome = await traffic();
  const spent = cpuTime(path.agents);
  const carried = await sentBytes(lab, path.sender);
  const gigabytes = outcome.bytes / BYTES_A_GB;
  return {
    ...outcome,
    agentCpuSecondsPerGB: (spent.agents - cpu.agents) / gigabytes,
    machineCpuSecondsPerGB: (spent.machine - cpu.machine) / gigabytes,
    superPacketShare: (carried.longer - wire.longer) / (carried.every - wire.every),
  };
}

/** The paths in one order, and the next time in the other. */
const inTurn = (paths, round) => (round % 2 === 0 ? paths : paths.toReversed());

async function onEveryPath(paths, round, run) {
  const byPath = {};
  for (const path of inTurn(paths, round)) byPath[path.name] = await run(path);
  return byPath;
}

/** `{ 'TCP, 1 stream': [{ wasm: {...}, kernel: {...}, … } of each round] }`, and `roundTrips` alike. */
export async function playRounds({ lab, paths, workloads, rounds, seconds, tell }) {
  const played = Object.fromEntries(workloads.map(({ name }) => [name, []]));
  const roundTrips = [];
  for (let round = 0; round < rounds; round++) {
    for (const { name, run } of workloads) {
      tell(`round ${round + 1} of ${rounds}: ${name}`);
      const runOn = (path) => run(path, seconds, (traffic) => measured(lab, path, traffic));
      played[name].push(await onEveryPath(paths, round, runOn));
    }
    roundTrips.push(await onEveryPath(paths, round, roundTrip));
  }
  return { workloads: played, roundTrips, residentMB: residentOf(paths) };
}

/** Of the larger of a path's two agents. */
function residentOf(paths) {
  const withAgents = paths.filter(({ agents }) => agents.length > 0);
  return Object.fromEntries(
    withAgents.map(({ name, agents }) => [name, Math.max(...agents.map(residentMegabytes))]),
  );
}
