/**
 * A real agent that starts beside thousands of leases, in a network namespace of its own: how soon all peers are
 * programmed on this machine's kernel, and its memory. Prints a table and writes bench-large-cluster.json. SIZES: numbers
 * of peers, separated by commas.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { addNetns, deleteNetns, netnsPath, runIn } from '@podlan/linux';
import Database from 'libsql';
import { askAgent } from '../dist/agent/control-socket.js';
import { table } from '../dist/table.js';

const MAIN = fileURLToPath(new URL('../dist/main.js', import.meta.url));
const CONFIG = '{"Network":"10.0.0.0/8","SubnetLen":24,"Backend":{"Type":"vxlan"}}';
const DAY_MS = 86_400_000;
const sizes = (process.env.SIZES ?? '10,1000,5000').split(',').map(Number);

const hex = (byte) => byte.toString(16).padStart(2, '0');

/** Key and value of a peer's lease, in flannel's words. */
function peerRow(number) {
  const [high, low] = [number >> 8, number & 0xff];
  const data = { VNI: 1, VtepMAC: `02:00:00:01:${hex(high)}:${hex(low)}` };
  const value = {
    PublicIP: `172.16.${high}.${low}`,
    PublicIPv6: null,
    BackendType: 'vxlan',
    BackendData: data,
  };
  return [`10.${100 + high}.${low}.0-24`, JSON.stringify(value), Date.now() + DAY_MS];
}

async function fillStore(path, peers) {
  const store = await openSqliteStore({ path, config: CONFIG });
  await store.close();
  const database = new Database(path);
  const insert = database.prepare('INSERT INTO leases (key, value, expires_at_ms) VALUES (?, ?, ?)');
  database.transaction(() => {
    for (let number = 0; number < peers; number++) insert.run(...peerRow(number));
  })();
  database.close();
}

async function makeHost(netns) {
  await addNetns(netns);
  const lines = [
    'link add eth0 type veth peer name eth1',
    'addr add 192.168.77.11/24 dev eth0',
    'link set eth0 up',
    'link set eth1 up',
  ];
  const { code, stderr } = await runIn(netns, ['ip', '-batch', '-'], { input: `${lines.join('\n')}\n` });
  if (code !== 0) throw new Error(stderr);
}

function startAgent(netns, folder, dataplane) {
  const log = openSync(join(folder, 'agent.log'), 'w', 0o600);
  const files = ['--socket', join(folder, 'agent.sock'), '--subnet-file', join(folder, 'subnet.env')];
  const args = ['agent', '--name', netns, '--iface', 'eth0', '--dataplane', dataplane, ...files];
  const store = ['--store', `sqlite:${join(folder, 'leases.db')}`];
  const argv = [`--net=${netnsPath(netns)}`, '--', process.execPath, MAIN, ...args, ...store];
  const child = spawn('nsenter', argv, { stdio: ['ignore', log, log] });
  closeSync(log);
  return child;
}

async function allProgrammed(folder, peers, child) {
  while (child.exitCode === null) {
    const status = await askAgent(join(folder, 'agent.sock'), '/status').catch(() => undefined);
    if (status?.ready && status.peers.filter(({ status: one }) => one === 'programmed').length === peers)
      return status;
    await sleep(20);
  }
  throw new Error(`the agent ended:\n${readFileSync(join(folder, 'agent.log'), 'utf8')}`);
}

async function measure(peers, dataplane) {
  const netns = `podlan-large-${process.pid}`;
  const folder = mkdtempSync(join(tmpdir(), 'podlan-large-'));
  await fillStore(join(folder, 'leases.db'), peers);
  await makeHost(netns);
  const began = performance.now();
  const child = startAgent(netns, folder, dataplane);
  try {
    const { memory } = await allProgrammed(folder, peers, child);
    const readyMs = performance.now() - began;
    return { peers, dataplane, readyMs, residentMB: memory.residentBytes / 1e6 };
  } finally {
    const ended = child.exitCode === null ? once(child, 'exit') : undefined;
    child.kill();
    await ended;
    await deleteNetns(netns);
    rmSync(folder, { recursive: true });
  }
}

const measured = [];
for (const dataplane of ['kernel', 'wasm'])
  for (const peers of sizes) measured.push(await measure(peers, dataplane));
console.log(`\nSIZES=${sizes} node bench/large-cluster.js`);
console.log(`${cpus().length} x ${cpus()[0].model}, Node.js ${process.version}\n`);
const rows = measured.map(({ peers, dataplane, readyMs, residentMB }) => [
  ...[dataplane, String(peers), readyMs.toFixed(0), residentMB.toFixed(0)],
]);
console.log(table(['DATAPLANE', 'PEERS', 'ALL PROGRAMMED AFTER, MS', 'RESIDENT, MB'], rows));
writeFileSync(
  new URL('../bench-large-cluster.json', import.meta.url),
  `${JSON.stringify({ node: process.version, measured }, undefined, 2)}\n`,
);
