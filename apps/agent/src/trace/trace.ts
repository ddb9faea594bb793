/** `podlan trace`: a packet through a network as it was when snapshots of it were taken. */
import { writeFileSync } from 'node:fs';
import { diagnose, type ProbeOptions, probe, tracePcap } from '@podlan/simulator';
import { loadSnapshots, type NodeSnapshot, type SnapshotCluster } from '@podlan/simulator/snapshot';
import { familyOf } from '@podlan/wire';
import { captureLab } from '../lab/lab-snapshot.js';
import { type LabState, readLabState } from '../lab/lab-state.js';
import { givenPath } from '../lab/rootless.js';
import { underlayNetns } from '../lab/topology.js';
import { refusingToWrite } from '../snapshot/snapshot-file.js';
import { UsageError } from '../usage-error.js';
import { type Comparison, compare } from './comparison.js';
import { destinationOf, placeOf } from './ends.js';
import { type Order, probeOptions } from './order.js';
import { type NetnsOf, realWay } from './real-way.js';
import { readSnapshots } from './snapshot-files.js';
import type { TraceReport } from './trace-report.js';
import { endBeyond, stationsOf } from './way-stations.js';

export interface TraceRequest {
  readonly from: string;
  readonly to: string;
  readonly order: Order;
}

/** Of the lab that stands; with `live`, a real packet is sent too. */
export async function traceLab(lab: string, request: TraceRequest, live: boolean): Promise<TraceReport> {
  const state = readLabState(lab);
  if (state === undefined)
    throw new UsageError(
      `expected a lab named ${lab}, found none; start one with: podlan lab up, or give files that ` +
        'podlan snapshot wrote on your nodes with: --snapshots DIR',
    );
  const traced = await trace(await captureLab(state), request);
  return live ? { ...traced.report, live: await compareLive(state, traced) } : traced.report;
}

export async function traceFiles(paths: readonly string[], request: TraceRequest): Promise<TraceReport> {
  return (await trace(readSnapshots(paths), request)).report;
}

async function trace(snapshots: readonly NodeSnapshot[], { from, to, order }: TraceRequest): Promise<Traced> {
  const cluster = await load(snapshots);
  const { name, netns } = placeOf(cluster, from);
  const options = probeOptions(order, destinationOf(cluster, to, order.family));
  const result = probe(netns, options);
  const report: TraceReport = {
    ...{ source: name, destination: options.destination, result, notes: cluster.notes },
    findings: diagnose(result, cluster),
  };
  return { report, options, cluster };
}

async function load(snapshots: readonly NodeSnapshot[]): Promise<SnapshotCluster> {
  try {
    return await loadSnapshots(snapshots);
  } catch (cause) {
    if (!(cause instanceof RangeError)) throw cause;
    throw new UsageError(`--snapshots: ${cause.message}`, { cause });
  }
}

interface Traced {
  readonly report: TraceReport;
  readonly options: ProbeOptions;
  readonly cluster: SnapshotCluster;
}

async function compareLive(state: LabState, { report, options, cluster }: Traced): Promise<Comparison> {
  const { source, result, destination } = report;
  const stations = stationsOf(result.hops);
  const beyond = endBeyond(stations, cluster.places, destination);
  const lookouts = beyond === undefined ? stations : [...stations, beyond];
  const netnsOf = realNetns(state);
  const real = await realWay({ netns: netnsOf(source), ...realOptions(options) }, lookouts, netnsOf);
  return compare(result, stations, real, destination, beyond);
}

function realNetns({ name, hosts, pods }: LabState): NetnsOf {
  const known = new Map([...hosts, ...pods].map((one) => [one.name, one.netns]));
  return (place) => known.get(place) ?? underlayNetns(name);
}

const LIVE_MS = 1000;
const UPPER_HEADER_BYTES = 8;
const DEFAULT_BYTES = 84;
/** What a probe has that says nothing of it. */
const DEFAULT_PORTS = { tcp: 80, udp: 53 } as const;

/** The same packet, as a socket is asked for it. */
function realOptions(options: ProbeOptions) {
  const { destination: to, protocol = 'icmp', size = DEFAULT_BYTES, dontFragment, ttl, sourcePort } = options;
  const headerBytes = (familyOf(to) === 4 ? 20 : 40) + UPPER_HEADER_BYTES;
  return {
    ...{ to, protocol, dontFragment, ttl, sourcePort, timeoutMs: LIVE_MS },
    ...(protocol === 'icmp' ? {} : { port: options.destinationPort ?? DEFAULT_PORTS[protocol] }),
    ...(protocol === 'tcp' ? {} : { payloadBytes: size - headerBytes }),
  };
}

/** Throws UsageError where the system refuses. */
export function writePcap(path: string, { result }: TraceReport): void {
  const file = givenPath(path);
  refusingToWrite(file, () => writeFileSync(file, tracePcap(result)));
}
