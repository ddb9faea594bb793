/**
 * Pod-to-pod traffic on one lab, in one run, all paths in turn so that a busy machine slows them alike:
 *
 *     wasm      pod-a1 -> pod-b1   hosts on the WASM dataplane
 *     kernel    pod-c1 -> pod-d1   hosts on the kernel's vxlan
 *     underlay  host-a -> host-b   no overlay: what the wire could do
 *
 * Prints the median of the rounds and the ratios; writes bench-results.json. The lab's hosts have no transmit offloads,
 * so every path segments TCP and makes its checksums itself. ROUNDS and SECONDS (of each TCP and UDP run) can be set.
 */
import { execFileSync, spawn } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { cpus } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { down, joinHost, up, withLab } from '../dist/lab/lab.js';

const NAME = `bench${process.pid}`;
const ROUNDS = Number(process.env.ROUNDS ?? 3);
const SECONDS = Number(process.env.SECONDS ?? 4);

const inNetns = (netns, ...command) => ['ip', 'netns', 'exec', netns, ...command];
const run = ([program, ...args]) => execFileSync(program, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function iperf({ from, to, address }, ...flags) {
  const [program, ...args] = inNetns(to, 'iperf3', '-s', '-1');
  const server = spawn(program, args, { stdio: 'ignore' });
  await sleep(300);
  try {
    return JSON.parse(run(inNetns(from, 'iperf3', '-J', '-c', address, '-t', String(SECONDS), ...flags))).end;
  } finally {
    server.kill();
  }
}

const gigabits = async (path) => (await iperf(path)).sum_received.bits_per_second / 1e9;

async function packetsPerSecond(path) {
  const { sum } = await iperf(path, '-u', '-l', '64', '-b', '0');
  return (sum.packets - sum.lost_packets) / sum.seconds;
}

async function roundTripMs({ from, address }) {
  const text = run(inNetns(from, 'ping', '-n', '-i', '0.005', '-c', '300', address));
  return median([...text.matchAll(/time=([\d.]+)/g)].map((match) => Number(match[1])));
}

/** User + system time of a process and its threads, seconds (proc(5), fields 14 and 15). */
function cpuSeconds(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  return (Number(fields[11]) + Number(fields[12])) / 100;
}

const residentMegabytes = (pid) =>
  Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))[1]) / 1024;

async function measure(state) {
  const pod = (name) => state.pods.find((one) => one.name === name);
  const host = (name) => state.hosts.find((one) => one.name === name);
  const between = (a, b) => ({ from: pod(a).netns, to: pod(b).netns, address: pod(b).address });
  const paths = {
    wasm: { ...between('pod-a1', 'pod-b1'), agents: [host('host-a').pid, host('host-b').pid] },
    kernel: { ...between('pod-c1', 'pod-d1'), agents: [host('host-c').pid, host('host-d').pid] },
    underlay: {
      from: host('host-a').netns,
      to: host('host-b').netns,
      address: host('host-b').address,
      agents: [],
    },
  };
  const series = Object.fromEntries(Object.keys(paths).map((name) => [name, []]));
  for (let round = 1; round <= ROUNDS; round++) {
    for (const [name, path] of Object.entries(paths)) {
      process.stderr.write(`round ${round} of ${ROUNDS}: ${name}\n`);
      const before = path.agents.map(cpuSeconds);
      const tcp = await gigabits(path);
      const busy = path.agents.reduce((sum, pid, i) => sum + cpuSeconds(pid) - before[i], 0);
      series[name].push({
        tcpGbps: tcp,
        udp64Pps: await packetsPerSecond(path),
        rttMs: await roundTripMs(path),
        agentCpuSecondsPerGB: busy / ((tcp * SECONDS) / 8),
        agentRssMB: Math.max(0, ...path.agents.map(residentMegabytes)),
      });
    }
  }
  return Object.fromEntries(Object.entries(series).map(([name, rows]) => [name, medians(rows)]));
}

function medians(rows) {
  return Object.fromEntries(Object.keys(rows[0]).map((key) => [key, median(rows.map((row) => row[key]))]));
}

const rounded = (row) =>
  Object.fromEntries(Object.entries(row).map(([key, value]) => [key, Number(value.toPrecision(3))]));

function report(results) {
  const { wasm, kernel, underlay } = results;
  const ratio = (a, b) => (a / b).toFixed(3);
  console.log(`\nmedian of ${ROUNDS} rounds of ${SECONDS} s, ${cpus().length} x ${cpus()[0].model}\n`);
  console.table(Object.fromEntries(Object.entries(results).map(([name, row]) => [name, rounded(row)])));
  console.log('ratios              wasm/kernel  wasm/underlay  kernel/underlay');
  for (const key of ['tcpGbps', 'udp64Pps', 'rttMs']) {
    const cells = [
      ratio(wasm[key], kernel[key]),
      ratio(wasm[key], underlay[key]),
      ratio(kernel[key], underlay[key]),
    ];
    console.log(`${key.padEnd(20)}${cells[0].padEnd(13)}${cells[1].padEnd(15)}${cells[2]}`);
  }
}

await withLab(NAME, async () => {
  try {
    const state = await up(NAME, { hosts: 2, pods: 1, dataplane: 'wasm' }, () => {});
    for (let host = 0; host < 2; host++) await joinHost(state, 'kernel', () => {});
    const results = await measure(state);
    report(results);
    writeFileSync(
      'bench-results.json',
      `${JSON.stringify({ rounds: ROUNDS, seconds: SECONDS, results }, null, 2)}\n`,
    );
  } finally {
    await down(NAME);
  }
});
