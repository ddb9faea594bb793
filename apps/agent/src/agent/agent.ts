/** The daemon: flags to wiring. What it decides lies in @podlan/fabric, what it does in @podlan/linux and the forwarder. */
import { readFileSync } from 'node:fs';
import { cleanup } from '@podlan/fabric';
import { type Logger, pino } from 'pino';
import { UsageError } from '../usage-error.js';
import { VERSION } from '../version.js';
import { serveControlSocket } from './control-socket.js';
import { serveHealth } from './health-server.js';
import { type NodeOfHost, startNode } from './node-of-host.js';
import type { AgentOptions } from './options.js';
import type { AgentStatus } from './status.js';
import { SubnetFile } from './subnet-file.js';
import { type Wiring, wire } from './wiring.js';

/** How long an agent that was asked to end may take to come to rest. */
const REST_MS = 3000;

/** Runs until SIGTERM or SIGINT, which end the process and nothing else: devices, routes and the lease stay. */
export async function runAgent(options: AgentOptions): Promise<number> {
  const log = pino({ level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  requireRights();
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'agent ends; devices, routes and the lease stay');
      stop.abort();
      endFor(log);
    });
  }

  // The socket first: of two agents with one name, the second must not touch what the first has made.
  let status = async (): Promise<AgentStatus> => {
    throw new Error('it is still starting');
  };
  let unready = (): string | undefined => 'the agent is starting';
  const reports = { '/status': () => status() };
  const servers = [await serveControlSocket(options.socketPath, reports)];
  try {
    const health = await serveHealth(options.health, () => unready());
    if (health) servers.push(health);
    await run(options, log, stop.signal, (node, wiring) => {
      status = () => statusOf(options, wiring, node);
      unready = () => node.unready();
    });
  } finally {
    for (const server of servers) {
      server.close();
      server.closeAllConnections();
    }
  }
  return 0;
}

/** Whatever is still waited for by then. Nothing is lost: all that an agent holds survives even `kill -9`. */
function endFor(log: Logger): void {
  setTimeout(() => {
    log.error({ waitingFor: process.getActiveResourcesInfo() }, 'agent ends without having come to rest');
    process.exit(1);
  }, REST_MS).unref();
}

async function run(
  options: AgentOptions,
  log: Logger,
  signal: AbortSignal,
  runs: (node: NodeOfHost, wiring: Wiring) => void,
): Promise<void> {
  const wiring = await wire(options, log);
  const { store, forwarder, dataplane, external } = wiring;
  try {
    const node = startNode(options, wiring, log, signal);
    runs(node, wiring);
    const { name, addresses } = external;
    log.info({ socket: options.socketPath, interface: name, addresses, dataplane }, 'agent runs');
    await node.finished;
  } finally {
    await forwarder.close();
    await store.close();
  }
}

/** Removes devices, routes and rules that podlan made here, and releases the lease. */
export async function cleanUp(options: AgentOptions): Promise<number> {
  const log = pino({ level: options.logLevel, base: null });
  requireRights();
  const { kernel, store, previous, external, backendFor } = await wire(options, log);
  try {
    const backend = backendFor(external);
    const { removed, failures, released, storeError } = await cleanup({ kernel, store, backend, previous });
    for (const { change, error } of failures) log.error(`${change.row.kind} not removed: ${error.message}`);
    if (storeError) log.error(`lease not released: ${storeError.message}`);
    SubnetFile.remove(options.subnetFile);
    log.info({ rows: removed.length, released: released?.subnets }, 'cleaned up');
    return failures.length > 0 || storeError ? 1 : 0;
  } finally {
    await store.close();
  }
}

async function statusOf(options: AgentOptions, wiring: Wiring, node: NodeOfHost): Promise<AgentStatus> {
  const { name, addresses, publicIps, mtu } = node.external();
  return {
    ...node.state(),
    name: options.name,
    version: VERSION,
    pid: process.pid,
    dataplane: wiring.dataplane,
    interface: { name, addresses, publicIps, mtu },
    forwarders: await wiring.forwarder.counters(),
    memory: { residentBytes: process.memoryUsage.rss() },
  };
}

/** CAP_NET_ADMIN is bit 12 of the effective set (capabilities(7)). */
function requireRights(): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if ((BigInt(`0x${effective}`) >> 12n) & 1n) return;
  throw new UsageError(
    'the agent sets up network devices and needs CAP_NET_ADMIN, which this process lacks: run it as root. ' +
      'To try podlan without root: podlan lab demo',
  );
}
