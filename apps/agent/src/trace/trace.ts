/** `podlan trace`: a packet through a network as it was when snapshots of it were taken. Runs wherever Node.js does. */
import { writeFileSync } from 'node:fs';
import { diagnose, doubtsOf, type ProbeOptions, probe, tracePcap } from '@podlan/simulator';
import { loadSnapshots, type NodeSnapshot, type SnapshotCluster } from '@podlan/simulator/snapshot';
import { givenPath } from '../lab/rootless.js';
import { refusingToWrite } from '../snapshot/snapshot-file.js';
import { UsageError } from '../usage-error.js';
import { destinationOf, placeOf } from './ends.js';
import { type Order, probeOptions } from './order.js';
import { readSnapshots } from './snapshot-files.js';
import type { TraceReport } from './trace-report.js';

export interface TraceRequest {
  readonly from: string;
  readonly to: string;
  readonly order: Order;
}

export async function traceFiles(paths: readonly string[], request: TraceRequest): Promise<TraceReport> {
  return (await trace(readSnapshots(paths), request)).report;
}

export async function trace(
  snapshots: readonly NodeSnapshot[],
  { from, to, order }: TraceRequest,
): Promise<Traced> {
  const cluster = await load(snapshots);
  const { name, netns } = placeOf(cluster, from);
  const options = probeOptions(order, destinationOf(cluster, to, order.family));
  const result = probe(netns, options);
  const report: TraceReport = {
    ...{ source: name, destination: result.destination, result, notes: cluster.notes },
    ...{ findings: diagnose(result, cluster), doubts: doubtsOf(result, cluster) },
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

/** A report with what it was made of. */
export interface Traced {
  readonly report: TraceReport;
  readonly options: ProbeOptions;
  readonly cluster: SnapshotCluster;
}

/** Throws UsageError where the system refuses. */
export function writePcap(path: string, { result }: TraceReport): void {
  const file = givenPath(path);
  refusingToWrite(file, () => writeFileSync(file, tracePcap(result)));
}
