/** The daemon: flags to wiring. What it decides lies in @podlan/fabric, what it does in @podlan/linux and the forwarder. */
import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import {
  type Backend,
  type BackendConfig,
  cleanup,
  createBackend,
  masqueradeChain,
  type NodeState,
  parseSubnetEnv,
  runNode,
  withForwarder,
} from '@podlan/fabric';
import { openSqliteStore } from '@podlan/fabric/sqlite';
import { LinuxKernel } from '@podlan/linux';
import type { IpPrefix } from '@podlan/wire';
import { macFromBytes } from '@podlan/wire';
import { type Logger, pino } from 'pino';
import { UsageError } from '../usage-error.js';
import { VERSION } from '../version.js';
import { serveControlSocket } from './control-socket.js';
import { type ExternalInterface, findExternalInterface } from './external-interface.js';
import { prefixesOnLink } from './on-link.js';
import type { AgentOptions, Dataplane } from './options.js';
import type { AgentStatus } from './status.js';
import { SubnetFile } from './subnet-file.js';
import { WorkerForwarder } from './worker-forwarder.js';

/** How long an agent that was asked to end may take to come to rest. */
const REST_MS = 3000;

/** What both running and cleaning up stand on. */
interface Wiring {
  readonly external: ExternalInterface;
  readonly store: Awaited<ReturnType<typeof openSqliteStore>>;
  readonly dataplane: Dataplane;
  readonly backend: Backend;
  readonly forwarder: WorkerForwarder;
  readonly kernel: ReturnType<typeof withForwarder>;
  readonly previous: readonly IpPrefix[];
}

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
  const server = await serveControlSocket(options.socketPath, { '/status': () => status() });
  try {
    await run(options, log, stop.signal, (report) => {
      status = report;
    });
  } finally {
    server.close();
    server.closeAllConnections();
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
  reports: (status: () => Promise<AgentStatus>) => void,
): Promise<void> {
  const wiring = await wire(options, log);
  const networks = wiring.store.config.networks.map(({ network }) => network);
  const subnetFile = new SubnetFile(options.subnetFile, { networks, ipMasq: options.ipMasq });
  const node = runNode({
    kernel: wiring.kernel,
    store: wiring.store,
    backend: wiring.backend,
    previous: wiring.previous,
    signal,
    resyncMs: options.resyncSeconds * 1000,
    renewMarginMs: options.renewMarginMinutes * 60_000,
    log: logOf(log),
    onState: (state) => subnetFile.follow(state, log),
    ...(options.ipMasq && { hostRows: (own) => [masqueradeChain({ networks, subnets: own.subnets })] }),
  });
  reports(() => statusOf(options, wiring, node.state()));
  const { name, address } = wiring.external;
  log.info(
    { socket: options.socketPath, interface: name, address, dataplane: wiring.dataplane },
    'agent runs',
  );
  try {
    await node.finished;
  } finally {
    await wiring.forwarder.close();
    await wiring.store.close();
  }
}

/** Removes devices, routes and rules that podlan made here, and releases the lease. */
export async function cleanUp(options: AgentOptions): Promise<number> {
  const log = pino({ level: options.logLevel, base: null });
  requireRights();
  const wiring = await wire(options, log);
  try {
    const { kernel, store, backend, previous } = wiring;
    const { removed, failures, released, storeError } = await cleanup({ kernel, store, backend, previous });
    for (const { change, error } of failures) log.error(`${change.row.kind} not removed: ${error.message}`);
    if (storeError) log.error(`lease not released: ${storeError.message}`);
    SubnetFile.remove(options.subnetFile);
    log.info({ rows: removed.length, released: released?.subnets }, 'cleaned up');
    return failures.length > 0 || storeError ? 1 : 0;
  } finally {
    await wiring.store.close();
  }
}

async function wire(options: AgentOptions, log: Logger): Promise<Wiring> {
  const external = await findExternalInterface(options);
  const store = await openSqliteStore({
    path: options.storePath,
    ...(options.configText !== undefined && { config: options.configText }),
    onWarning: (message) => log.warn(message),
  });
  const dataplane = dataplaneOf(options, store.config.backend);
  const backend = createBackend({
    config: store.config,
    node: {
      publicIps: [options.publicIp ?? external.address],
      localIps: [external.address],
      externalInterface: external,
      onLink: await prefixesOnLink(external.name),
    },
    dataplane,
    randomMac: () => macFromBytes(randomBytes(6)),
  });
  const forwarder = new WorkerForwarder((dev, error) =>
    log.warn(`forwarder of ${dev} ended: ${error?.message ?? 'asked to'}`),
  );
  const kernel = withForwarder(new LinuxKernel(), forwarder);
  return {
    external,
    store,
    dataplane,
    backend,
    forwarder,
    kernel,
    previous: previousSubnets(options.subnetFile),
  };
}

/** Only vxlan has a choice. */
function dataplaneOf({ dataplane }: AgentOptions, backend: BackendConfig): Dataplane {
  if (backend.type === 'host-gw') return 'kernel';
  if (backend.type === 'udp') return 'wasm';
  return dataplane ?? backend.dataplane ?? 'wasm';
}

function previousSubnets(path: string): readonly IpPrefix[] {
  return existsSync(path) ? parseSubnetEnv(readFileSync(path, 'utf8')).subnets : [];
}

async function statusOf(options: AgentOptions, wiring: Wiring, state: NodeState): Promise<AgentStatus> {
  const { name, address, mtu } = wiring.external;
  return {
    ...state,
    name: options.name,
    version: VERSION,
    pid: process.pid,
    dataplane: wiring.dataplane,
    interface: { name, address, mtu },
    forwarders: await wiring.forwarder.counters(),
    memory: { residentBytes: process.memoryUsage.rss() },
  };
}

const logOf = (log: Logger) => ({
  info: (message: string) => log.info(message),
  warn: (message: string) => log.warn(message),
  error: (message: string) => log.error(message),
});

/** CAP_NET_ADMIN is bit 12 of the effective set (capabilities(7)). */
function requireRights(): void {
  const effective = /^CapEff:\s*([0-9a-f]+)$/m.exec(readFileSync('/proc/self/status', 'utf8'))?.[1] ?? '0';
  if ((BigInt(`0x${effective}`) >> 12n) & 1n) return;
  throw new UsageError(
    'the agent sets up network devices and needs CAP_NET_ADMIN, which this process lacks: run it as root. ' +
      'To try podlan without root: podlan lab demo',
  );
}
