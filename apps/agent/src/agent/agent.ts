/** The daemon: flags to wiring. What it decides lies in @podlan/fabric, what it does in @podlan/linux and the forwarder. */
import { isatty } from 'node:tty';
import type { Lease } from '@podlan/fabric';
import { type Logger, pino } from 'pino';
import { CaptureServer } from '../capture/capture-server.js';
import { FlowLog } from '../flows/flow-log.js';
import type { LossPlace } from '../flows/flow-losses.js';
import { FlowWatch } from '../flows/flow-watch.js';
import { AgentMetrics } from '../metrics/agent-metrics.js';
import { measuredStore } from '../metrics/measured-store.js';
import type { AgentStatus } from '../status/agent-status.js';
import { probePeers } from '../status/probe-report.js';
import { VERSION } from '../version.js';
import { AgentServers } from './agent-servers.js';
import { ruleWarnings } from './flags/rule-flags.js';
import { forwardersReport } from './forwarders-report.js';
import { type NodeOfHost, startNode } from './node-of-host.js';
import type { AgentOptions } from './options.js';
import { liveReport, readings } from './readings.js';
import { AGENT_NEEDS, type Need, requireRights } from './rights.js';
import { Succession } from './succession.js';
import { type Wiring, wire } from './wiring.js';

/** Runs until SIGTERM or SIGINT, which end the process and nothing else: devices, routes and the lease stay. */
export async function runAgent(options: AgentOptions): Promise<number> {
  const log = pino({ level: options.logLevel, base: null, timestamp: pino.stdTimeFunctions.isoTime });
  requireRights(AGENT_NEEDS);
  for (const warning of ruleWarnings(options.rules)) log.warn(warning);
  const stop = new AbortController();
  for (const signal of ['SIGTERM', 'SIGINT'] as const) {
    process.once(signal, () => {
      log.info({ signal }, 'agent ends; devices, routes and the lease stay');
      stop.abort();
    });
  }

  const reopened = () => log.info('SIGHUP: what is logged to a file goes on in one that is opened anew');
  // Without a terminal that could hang up, it is no wish that the agent ends.
  if (!isatty(0)) process.on('SIGHUP', reopened);

  const succession = new Succession();
  const metrics = new AgentMetrics({ node: options.name, store: options.store.kind });
  const servers = new AgentServers(options, metrics);
  try {
    // The socket first: of two agents with one name, the second must not touch what the first has made.
    if (!options.replace) await servers.open(succession.conversations, log);
    await run(options, { log, signal: stop.signal, succession, servers, metrics });
  } finally {
    process.off('SIGHUP', reopened);
    servers.close();
  }
  return 0;
}

interface Life {
  readonly log: Logger;
  /** Of its end. */
  readonly signal: AbortSignal;
  readonly succession: Succession;
  readonly servers: AgentServers;
  readonly metrics: AgentMetrics;
}

async function run(
  options: AgentOptions,
  { log, signal, succession, servers, metrics }: Life,
): Promise<void> {
  const { flowLog: flowFile } = options.flows;
  using flowLog = flowFile === undefined ? undefined : new FlowLog(flowFile, (message) => log.warn(message));
  const wired = await wire(options, log, signal).catch(endedOr(signal));
  if (wired === undefined) return;
  const { forwarder, dataplane } = wired;
  const store = measuredStore(wired.store, (time) => metrics.storeTold(time));
  const wiring = { ...wired, store };
  const onLost = (place: LossPlace, count: number) => metrics.flowsLost(place, count);
  const flows = new FlowWatch(forwarder, { flows: options.flows.flows, dataplane, file: flowLog, onLost });
  servers.flows = () => flows.report();
  const captures = new CaptureServer(forwarder, dataplane);
  servers.capture = (incoming, outgoing) => captures.serve(incoming, outgoing);
  servers.followFlows = (outgoing) => flows.follow(outgoing);
  let { external } = wiring;
  let held: Lease | undefined;
  let node: NodeOfHost | undefined;
  const start = (end: AbortSignal): NodeOfHost => {
    held = node?.state().lease ?? held;
    const started = startNode(options, wiring, log, {
      signal: end,
      ready: () => succession.ready(),
      external,
      held,
      reconciled: (report) => metrics.reconciled(report),
    });
    node = started;
    servers.status = () => statusOf(options, wiring, started);
    servers.desired = () => started.desired();
    servers.forwarders = () => forwardersReport(options, wiring);
    servers.unready = () => started.unready();
    servers.live = () => liveReport(wiring, started);
    servers.probe = () => probePeers(started.state().peers, store.config.backend.type);
    servers.readings = () => readings(wiring, started);
    return started;
  };
  const inCharge = async () => {
    if (options.replace) {
      await servers.openControl(succession.conversations);
      void servers.keepHttp(log);
    }
    const { name, addresses } = node?.external() ?? external;
    log.info({ socket: options.socketPath, interface: name, addresses, dataplane }, 'agent runs');
  };
  // What changed while no loop listened is not told.
  const stay = async () => {
    void servers.keepHttp(log);
    const before = node?.external() ?? external;
    external = await wiring.findExternal(before).catch(() => before);
    store.reconnect?.();
  };
  try {
    if (store.config.backend.type === 'udp') requireRights(UDP_NEEDS);
    const parts = { forwarder, log, signal, leave: () => servers.closeHttp(), stay };
    if (options.replace) await succession.relieve(options.socketPath, dataplane === 'wasm', parts);
    await succession.run(start, inCharge, parts);
  } finally {
    await forwarder.close();
    flows.close();
    await captures.close();
    await store.close();
  }
}

/** A sender whose packets no tunnel takes is told so by ICMP. */
const UDP_NEEDS: Need = {
  capabilities: ['CAP_NET_RAW'],
  work: 'the agent sends ICMP errors with the udp backend',
};

/** Asked to end while it waited for the store, an agent has nothing to complain of. */
const endedOr =
  (signal: AbortSignal) =>
  (error: unknown): undefined => {
    if (!signal.aborted) throw error;
  };

async function statusOf(options: AgentOptions, wiring: Wiring, node: NodeOfHost): Promise<AgentStatus> {
  const { name, addresses, publicIps, mtu } = node.external();
  const unready = node.unready();
  return {
    ...node.state(),
    name: options.name,
    version: VERSION,
    pid: process.pid,
    ...(unready !== undefined && { unready }),
    dataplane: wiring.dataplane,
    interface: { name, addresses, publicIps, mtu },
    forwarders: await wiring.forwarder.counters(),
    memory: { residentBytes: process.memoryUsage.rss() },
  };
}
