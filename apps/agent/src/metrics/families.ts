/**
 * The families of metrics that are podlan's own, by Prometheus' conventions: base units, `_total` for what only rises.
 * Directions are seen from this host: `transmit` is towards the peers.
 */
import { Counter, Gauge, Histogram, type Registry } from 'prom-client';

/** One value of a family. */
export interface Series {
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** A counter or gauge that shows what was last put into it, and nothing else. */
export class Family {
  readonly #metric: Counter | Gauge;
  readonly #hasLabels: boolean;

  constructor(metric: Counter | Gauge, hasLabels: boolean) {
    this.#metric = metric;
    this.#hasLabels = hasLabels;
  }

  put(series: Iterable<Series>): void {
    this.#metric.reset();
    // Without labels, that leaves a zero, which nobody has counted.
    if (!this.#hasLabels) this.#metric.remove();
    for (const { labels, value } of series) this.#metric.inc(labels, value);
  }

  /** One without labels; undefined: there is nothing to show. */
  putOne(value: number | undefined): void {
    this.put(value === undefined ? [] : [{ labels: {}, value }]);
  }
}

const COMPARISON_SECONDS = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5];
const STORE_SECONDS = [0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30];
const WASM = 'Of the wasm dataplane; the kernel dataplane has none.';
const DEVICE =
  'as the kernel counts them on it, on the wasm and the kernel dataplane alike; host-gw has no device.';

export type Families = ReturnType<typeof declareFamilies>;

/** Declares them all in `registry`. */
export function declareFamilies(registry: Registry) {
  const registers = [registry];
  const counter = (name: string, help: string, ...labelNames: string[]) =>
    new Family(new Counter({ name: `podlan_${name}`, help, labelNames, registers }), labelNames.length > 0);
  const gauge = (name: string, help: string, ...labelNames: string[]) =>
    new Family(new Gauge({ name: `podlan_${name}`, help, labelNames, registers }), labelNames.length > 0);
  return {
    buildInfo: gauge(
      'build_info',
      'Always 1; the labels say what runs.',
      'version',
      'node',
      'backend',
      'dataplane',
      'store',
    ),
    ready: gauge('ready', '1 while the node can carry packets of pods, as /readyz has it, else 0.'),

    devicePackets: counter(
      'device_packets_total',
      `Packets on the tunnel device, ${DEVICE}`,
      'device',
      'direction',
    ),
    deviceBytes: counter(
      'device_bytes_total',
      `Bytes on the tunnel device, without the outer headers, ${DEVICE}`,
      'device',
      'direction',
    ),
    deviceDrops: counter(
      'device_dropped_packets_total',
      `Packets dropped at the tunnel device, ${DEVICE}`,
      'device',
      'direction',
    ),
    deviceErrors: counter(
      'device_errors_total',
      `Errors of the tunnel device, ${DEVICE}`,
      'device',
      'direction',
    ),

    forwarderPackets: counter(
      'forwarder_packets_total',
      `Packets that the forwarder sent into a tunnel or delivered from one. ${WASM}`,
      'device',
      'direction',
    ),
    forwarderDrops: counter(
      'forwarder_dropped_packets_total',
      `Packets that the forwarder dropped, by reason. ${WASM}`,
      'device',
      'direction',
      'reason',
    ),
    peerPackets: counter(
      'peer_packets_total',
      `Packets to and from a peer, by its public address. ${WASM} A peer that is gone has no series.`,
      'device',
      'peer',
      'direction',
    ),
    peerBytes: counter(
      'peer_bytes_total',
      `Bytes to and from a peer, without the outer headers. ${WASM} A peer that is gone has no series.`,
      'device',
      'peer',
      'direction',
    ),

    peers: gauge('peers', 'Other nodes, by whether their rows are in the kernel.', 'state'),
    failures: gauge('failing_changes', 'Changes that the kernel refuses, and that are tried again.'),
    leaseExpiry: gauge(
      'lease_expiry_timestamp_seconds',
      "When this node's lease ends unless it is renewed; absent without a lease, and where leases do not end.",
    ),
    leaseRenewed: gauge(
      'lease_renewed_timestamp_seconds',
      "When this node's lease was last acquired or renewed; absent before the first.",
    ),
    leasesAcquired: counter('lease_acquisitions_total', 'Leases acquired by this node.'),
    leasesRenewed: counter('lease_renewals_total', "Renewals of this node's lease."),
    leaseEvents: counter('lease_events_total', 'Events of leases that the store told.'),
    leasesRefused: counter(
      'leases_refused_total',
      "Leases of peers that were not believed, once for each peer's reason.",
    ),

    changesApplied: counter('changes_applied_total', 'Changes made to rows of the kernel and the forwarder.'),
    changesFailed: counter('changes_failed_total', 'Changes of such rows that failed.'),
    watchesLost: counter('watches_lost_total', 'Watches of the store and of the kernel that broke off.'),

    storeWatching: gauge('store_watching', "1 while the store's changes are followed, else 0."),
    storeIgnored: gauge(
      'store_ignored_entries',
      'Entries found in the store that are no leases; absent where nobody else writes.',
    ),

    ...declareEvents(registry),
  };
}

/** What is counted as it happens. */
function declareEvents(registry: Registry) {
  const registers = [registry];
  return {
    reconciles: new Histogram({
      name: 'podlan_reconcile_duration_seconds',
      help: "Full comparisons of the kernel's rows with those there should be, and what they took.",
      buckets: COMPARISON_SECONDS,
      registers,
    }),
    reconcilesFailed: new Counter({
      name: 'podlan_reconcile_failures_total',
      help: "Full comparisons for which the kernel's state could not be read.",
      registers,
    }),
    repaired: new Counter({
      name: 'podlan_drift_repaired_rows_total',
      help: 'Rows put back, or taken away, that somebody else had changed, by kind.',
      labelNames: ['kind'],
      registers,
    }),
    flowsLost: new Counter({
      name: 'podlan_flow_events_lost_total',
      help: `Flows, or events of them, that were not told: in the forwarder, to the log, to those who follow. ${WASM}`,
      labelNames: ['place'],
      registers,
    }),
    storeSeconds: new Histogram({
      name: 'podlan_store_operation_duration_seconds',
      help: 'What questions to the lease store took; a watch, until its first answer.',
      labelNames: ['store', 'operation'],
      buckets: STORE_SECONDS,
      registers,
    }),
    storeErrors: new Counter({
      name: 'podlan_store_errors_total',
      help: 'Questions to the lease store that failed, and watches of it that broke off.',
      labelNames: ['store', 'operation', 'code'],
      registers,
    }),
  };
}
