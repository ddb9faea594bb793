/** What the node, the forwarders and the kernel say when somebody asks. */
import { withForwarder } from '@podlan/fabric';
import type { Readings } from '../metrics/agent-metrics.js';
import { readDeviceCounters } from '../metrics/device-counters.js';
import { type LiveReport, rowsReadBack } from '../status/live-report.js';
import type { NodeOfHost } from './node-of-host.js';
import type { Wiring } from './wiring.js';

/** Prometheus gives up after 10 s by default. A worker answers between two batches. */
const FORWARDER_MS = 1000;

export async function readings({ store, dataplane, forwarder }: Wiring, node: NodeOfHost): Promise<Readings> {
  const [forwarders, devices] = await Promise.all([
    forwarder.countersWithin(FORWARDER_MS),
    readDeviceCounters(tunnelDevices(node)),
  ]);
  return {
    state: node.state(),
    loop: node,
    isReady: node.unready() === undefined,
    backend: store.config.backend.type,
    dataplane,
    forwarders,
    devices,
  };
}

export async function liveReport({ kernel, forwarder }: Wiring, node: NodeOfHost): Promise<LiveReport> {
  const [rows, devices] = await Promise.all([
    rowsReadBack(withForwarder(kernel, forwarder), node.desired()),
    readDeviceCounters(tunnelDevices(node)),
  ]);
  return { ...rows, devices };
}

/** Those that the host's own rows make. */
function tunnelDevices(node: NodeOfHost): string[] {
  const host = node.desired().find(({ owner }) => owner === 'host');
  return (host?.rows ?? []).flatMap((row) => (row.kind === 'link' ? [row.name] : []));
}
