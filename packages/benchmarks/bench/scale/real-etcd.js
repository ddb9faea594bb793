/** A node that finds thousands of leases in a real etcd, on loopback and with its data in a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { formatLeaseKey, formatLeaseValue } from '@podlan/fabric';
import { openEtcdStore } from '@podlan/fabric/etcd';
import { HeardKernel } from './heard-kernel.js';
import { startNode } from './node.js';
import { CONFIG_TEXT, peerLease, peerLeases } from './peers.js';

const PREFIX = '/coreos.com/network';
/** Fewer than the 128 operations that etcd takes in one transaction. */
const PUTS = 100;
const TTL_SECONDS = 86_400;
const FIRST_JOIN = 10_000;
const JOINS = 20;
const QUIET_MS = 3_000;

const base64 = (text) => Buffer.from(text).toString('base64');
const median = (values) => values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)];

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

class Etcd {
  #folder = mkdtempSync(join(tmpdir(), 'podlan-bench-etcd-'));
  #process;
  url;

  async start() {
    const [client, peer] = [await freePort(), await freePort()].map((port) => `http://127.0.0.1:${port}`);
    this.url = client;
    const urls = [
      '--listen-client-urls',
      client,
      '--advertise-client-urls',
      client,
      '--listen-peer-urls',
      peer,
    ];
    const cluster = ['--initial-advertise-peer-urls', peer, '--initial-cluster', `default=${peer}`];
    this.#process = spawn('etcd', ['--data-dir', this.#folder, ...urls, ...cluster], { stdio: 'ignore' });
    await once(this.#process, 'spawn');
    while (!(await fetch(`${client}/health`).catch(() => undefined))?.ok) await sleep(50);
  }

  async call(path, body) {
    const answer = await fetch(`${this.url}/v3/${path}`, { method: 'POST', body: JSON.stringify(body) });
    if (!answer.ok) throw new Error(`etcd ${path}: ${answer.status} ${await answer.text()}`);
    return answer.json();
  }

  /** Requests so far, by their name, as etcd counts them. */
  async requests() {
    const text = await (await fetch(`${this.url}/metrics`)).text();
    const lines = text.matchAll(
      /^grpc_server_started_total\{grpc_method="(\w+)",grpc_service="etcdserverpb.*\} (\d+)$/gm,
    );
    return Object.fromEntries([...lines].map(([, method, count]) => [method, Number(count)]));
  }

  async stop() {
    this.#process.kill('SIGKILL');
    await once(this.#process, 'exit');
    rmSync(this.#folder, { recursive: true });
  }
}

const put = (lease, ID) => ({
  key: base64(`${PREFIX}/subnets/${formatLeaseKey(lease.subnets)}`),
  value: base64(formatLeaseValue(lease)),
  lease: ID,
});

/** Each with an etcd lease of its own, as nodes write them. */
async function fill(etcd, leases) {
  for (let at = 0; at < leases.length; at += PUTS) {
    const some = leases.slice(at, at + PUTS);
    const grants = await Promise.all(some.map(() => etcd.call('lease/grant', { TTL: TTL_SECONDS })));
    const success = some.map((lease, i) => ({ requestPut: put(lease, grants[i].ID) }));
    await etcd.call('kv/txn', { success });
  }
}

function since(before, after) {
  const counts = Object.entries(after).map(([method, count]) => [method, count - (before[method] ?? 0)]);
  return Object.fromEntries(counts.filter(([, count]) => count > 0));
}

/** `{ peers, convergenceMs, joinMs, atStart, whileQuiet }`: the last two are requests that etcd counted. */
export async function measureWithEtcd(peers) {
  const etcd = new Etcd();
  await etcd.start();
  try {
    await fill(etcd, peerLeases(peers));
    const before = await etcd.requests();
    const began = performance.now();
    const store = await openEtcdStore({ endpoints: [etcd.url], config: CONFIG_TEXT });
    const kernel = new HeardKernel();
    const node = startNode({ kernel, store });
    await node.ready;
    const convergenceMs = performance.now() - began;
    await sleep(QUIET_MS);
    const started = await etcd.requests();
    await sleep(QUIET_MS);
    const rested = await etcd.requests();
    const joinMs = await joinTimes(etcd, kernel);
    await node.stop();
    await store.close();
    return {
      peers,
      convergenceMs,
      joinMs,
      atStart: since(before, started),
      whileQuiet: since(started, rested),
    };
  } finally {
    await etcd.stop();
  }
}

async function joinTimes(etcd, kernel) {
  const times = [];
  const { ID } = await etcd.call('lease/grant', { TTL: TTL_SECONDS });
  for (let number = 0; number < JOINS; number++) {
    const lease = peerLease(FIRST_JOIN + number);
    const applied = kernel.hears(lease);
    const began = performance.now();
    await etcd.call('kv/put', put(lease, ID));
    times.push((await applied) - began);
  }
  return median(times);
}
