/**
 * What pods lose while the agents of their hosts are replaced: datagrams of 64 bytes, and a TCP connection at full
 * speed, from pod-a1 to pod-b1, while first host-a's and then host-b's agent
 *
 *     nobody       goes on as it is: what the machine loses by itself
 *     hand-over    gives way to one started with --replace
 *     stop, start  ends by SIGTERM, and another is started, as by systemctl restart
 *     kill, start  ends by SIGKILL, and another is started
 *
 * on both dataplanes. Prints a table and writes bench-restart.json. ROUNDS can be set.
 */
import { writeFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { down, joinHost, up, withLab } from '../dist/lab/lab.js';
import { agentReady, isAgentOf, startAgent } from '../dist/lab/lab-agents.js';
import { table } from '../dist/table.js';
import { datagramsDuring, streamDuring } from './crossing.js';
import { requireToTalk } from './paths.js';

const rounds = Number(process.env.ROUNDS ?? 3);
const PER_SECOND = 10_000;
const FULL_SPEED = 0;
const SIGNALS = ['SIGINT', 'SIGTERM'];
const quietly = () => {};
const tell = (step) => process.stderr.write(`${step}\n`);

async function ended(lab, pid) {
  while (isAgentOf(lab, pid)) await sleep(5);
}

async function begin(state, host, ...flags) {
  const child = startAgent(state, host.name, host.dataplane, ...flags);
  host.pid = child.pid;
  await agentReady(state.name, host.name, child);
}

async function endedBy(signal, state, host) {
  process.kill(host.pid, signal);
  await ended(state.name, host.pid);
  await begin(state, host);
}

const WAYS = {
  nobody: () => sleep(1000),
  'hand-over': async (state, host) => {
    const { pid } = host;
    await begin(state, host, '--replace');
    await ended(state.name, pid);
  },
  'stop, start': (state, host) => endedBy('SIGTERM', state, host),
  'kill, start': (state, host) => endedBy('SIGKILL', state, host),
};

async function measure(state, way) {
  const { hosts, pods } = state;
  const [from, to] = pods.map(({ netns }) => netns);
  const path = { name: way, from, to, address: pods[1].address };
  await requireToTalk(path);
  const act = async () => {
    for (const host of hosts) await WAYS[way](state, host);
  };
  const udp = await datagramsDuring(act, path, PER_SECOND);
  const tcp = await streamDuring(act, path, FULL_SPEED);
  if (tcp.received !== tcp.sent) throw new Error(`${way}: TCP lost ${tcp.sent - tcp.received} bytes`);
  return {
    sent: udp.sent,
    lost: udp.lost,
    udpSilenceMs: udp.longestSilenceMs,
    tcpSilenceMs: tcp.longestSilenceMs,
  };
}

async function measureDataplane(dataplane) {
  const lab = `bench${process.pid}-${dataplane}`;
  return withLab(lab, async () => {
    const interrupted = () => down(lab).finally(() => process.exit(130));
    for (const signal of SIGNALS) process.once(signal, interrupted);
    try {
      const state = await up(lab, { hosts: 0, pods: 1, dataplane, underlayOffloads: false }, quietly);
      for (const _ of ['a', 'b']) await joinHost(state, dataplane, quietly);
      const played = Object.fromEntries(Object.keys(WAYS).map((way) => [way, []]));
      for (let round = 1; round <= rounds; round++) {
        for (const way of Object.keys(WAYS)) {
          tell(`${dataplane}, round ${round} of ${rounds}: ${way}`);
          played[way].push(await measure(state, way));
        }
      }
      return played;
    } finally {
      for (const signal of SIGNALS) process.off(signal, interrupted);
      await down(lab);
    }
  });
}

const most = (played, key) => Math.max(...played.map((one) => one[key]));
const least = (played, key) => Math.min(...played.map((one) => one[key]));
const range = (played, key) => {
  const [from, to] = [least(played, key), most(played, key)].map((value) => Math.round(value));
  return from === to ? `${to}` : `${from} to ${to}`;
};

const results = {
  command: `ROUNDS=${rounds} node bench/restart.js`,
  machine: `${cpus().length} x ${cpus()[0].model}`,
  loadAverage: loadavg()[0],
  ...{ node: process.version, rounds, perSecond: PER_SECOND },
  dataplanes: { kernel: await measureDataplane('kernel'), wasm: await measureDataplane('wasm') },
};
const rows = Object.entries(results.dataplanes).flatMap(([dataplane, ways]) =>
  Object.entries(ways).map(([way, played]) => [
    ...[dataplane, way, range(played, 'lost'), range(played, 'sent')],
    ...[range(played, 'udpSilenceMs'), range(played, 'tcpSilenceMs')],
  ]),
);
const HEAD = ['DATAPLANE', 'AGENTS REPLACED BY', 'LOST', 'OF DATAGRAMS', 'UDP SILENT, MS', 'TCP SILENT, MS'];
console.log(`\n${results.command}\n${results.machine}, Node.js ${results.node}`);
console.log(
  `${PER_SECOND} datagrams of 64 bytes a second; both hosts' agents replaced, one after the other\n`,
);
console.log(table(HEAD, rows));
writeFileSync(
  new URL('../bench-restart.json', import.meta.url),
  `${JSON.stringify(results, undefined, 2)}\n`,
);
