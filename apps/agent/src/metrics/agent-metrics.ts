/** What Prometheus is told: counted as it happens, or asked of the node when it is asked for. */
import { type ForwarderCounters, isForwarded, type Verdict } from '@podlan/dataplane';
import type { NodeCounters, NodeState, PeerState, ReconcileReport } from '@podlan/fabric';
import type { Row } from '@podlan/linux/model';
import { collectDefaultMetrics, Registry } from 'prom-client';
import { LOSS_PLACES, type LossPlace } from '../flows/flow-losses.js';
import { VERSION } from '../version.js';
import type { DeviceCounters } from './device-counters.js';
import { declareFamilies, type Families, type Series } from './families.js';
import type { StoreTime } from './measured-store.js';
import { RisingSet } from './rising.js';

/** What there is to say when Prometheus asks. */
export interface Readings {
  readonly state: NodeState;
  /** Tells one node loop from the next: each counts from zero. */
  readonly loop: unknown;
  readonly isReady: boolean;
  readonly backend: string;
  readonly dataplane: string;
  readonly forwarders: ReadonlyMap<string, ForwarderCounters>;
  readonly devices: readonly DeviceCounters[];
}

/** prom-client's types know less of it. */
interface MetricAsMade {
  readonly name: string;
  readonly type: string;
  readonly labelNames: readonly string[];
  readonly help: string;
}

const DIRECTIONS = { tx: 'transmit', rx: 'receive' } as const;
/** Of a sum for all time there is one for each series and no more than these: names of devices, and what is counted. */
const DEVICE_SUMS_KEPT = 256;
/** How often the event loop is looked at: often enough for what its lag is asked for, seldom enough for a host at rest. */
const EVENT_LOOP_MS = 100;
const DRIFTING_KINDS: readonly Row['kind'][] = [
  'link',
  'address',
  'route',
  'neighbor',
  'fdb',
  'sysctl',
  'chain',
  'forwarder',
  'tunnel',
];
const PEER_STATES: readonly PeerState['status'][] = ['programmed', 'pending', 'failed', 'refused'];

export class AgentMetrics {
  readonly #registry = new Registry();
  readonly #families: Families = declareFamilies(this.#registry);
  readonly #sums = new RisingSet(DEVICE_SUMS_KEPT);
  readonly #about: { readonly node: string; readonly store: string };
  #renewedMs: number | undefined;

  constructor(about: { readonly node: string; readonly store: string }) {
    this.#about = about;
    collectDefaultMetrics({ register: this.#registry, eventLoopMonitoringPrecision: EVENT_LOOP_MS });
    this.#beginAtZero();
    // Sums over a label, called totals though they fall, too: against the conventions, and had by a query anyway.
    for (const { name, type } of this.#registry.getMetricsAsArray()) {
      if (name.startsWith('nodejs_') && name.endsWith('_total') && String(type) === 'gauge')
        this.#registry.removeSingleMetric(name);
    }
  }

  /** What is known of podlan's own families, for their documentation. */
  described(): { name: string; type: string; labels: readonly string[]; help: string }[] {
    const described = this.#registry.getMetricsAsArray() as unknown as MetricAsMade[];
    return described
      .filter(({ name }) => name.startsWith('podlan_'))
      .map(({ name, type, labelNames, help }) => ({ name, type, labels: labelNames, help }));
  }

  get contentType(): string {
    return this.#registry.contentType;
  }

  /** What has not happened yet is known to be zero, so that a first time shows as a rise. */
  #beginAtZero(): void {
    for (const kind of DRIFTING_KINDS) this.#families.repaired.inc({ kind }, 0);
    for (const place of LOSS_PLACES) this.#families.flowsLost.inc({ place }, 0);
    for (const operation of ['acquire', 'renew', 'watch'])
      this.#families.storeErrors.inc({ store: this.#about.store, operation, code: 'unavailable' }, 0);
  }

  reconciled({ tookMs, repaired, error }: ReconcileReport): void {
    this.#families.reconciles.observe(tookMs / 1000);
    if (error !== undefined) this.#families.reconcilesFailed.inc();
    for (const [kind, rows] of Object.entries(repaired)) this.#families.repaired.inc({ kind }, rows);
  }

  storeTold({ operation, seconds, error }: StoreTime): void {
    const { store } = this.#about;
    if (seconds !== undefined) this.#families.storeSeconds.observe({ store, operation }, seconds);
    if (error !== undefined) this.#families.storeErrors.inc({ store, operation, code: error });
    else if (operation === 'acquire' || operation === 'renew') this.#renewedMs = Date.now();
  }

  flowsLost(place: LossPlace, count: number): void {
    this.#families.flowsLost.inc({ place }, count);
  }

  /** As text for Prometheus. Without readings the node has not begun. */
  async text(readings: Readings | undefined): Promise<string> {
    if (readings !== undefined) this.#take(readings);
    return this.#registry.metrics();
  }

  /** All at once, so that of two who ask together none sees a half. */
  #take(readings: Readings): void {
    const { backend, dataplane, isReady, state } = readings;
    const labels = { version: VERSION, ...this.#about, backend, dataplane };
    this.#families.buildInfo.put([{ labels, value: 1 }]);
    this.#families.ready.putOne(Number(isReady));
    this.#takeState(state);
    this.#takeCounters(state.counters, readings.loop);
    this.#takeDevices(readings.devices);
    this.#takeForwarders(readings.forwarders);
  }

  #takeState({ peers, failures, lease, store }: NodeState): void {
    const families = this.#families;
    const inState = (status: string) => peers.filter((peer) => peer.status === status).length;
    families.peers.put(PEER_STATES.map((state) => ({ labels: { state }, value: inState(state) })));
    families.failures.putOne(failures.length);
    families.leaseExpiry.putOne(lease?.expiresAtMs && lease.expiresAtMs / 1000);
    families.leaseRenewed.putOne(lease && this.#renewedMs && this.#renewedMs / 1000);
    families.storeWatching.putOne(Number(store.watching));
    families.storeIgnored.putOne(store.entriesIgnored);
  }

  #takeCounters(counters: NodeCounters, loop: unknown): void {
    const families = this.#families;
    const put = {
      leasesAcquired: families.leasesAcquired,
      leasesRenewed: families.leasesRenewed,
      leaseEvents: families.leaseEvents,
      leasesRefused: families.leasesRefused,
      changesApplied: families.changesApplied,
      changesFailed: families.changesFailed,
      watchesLost: families.watchesLost,
    };
    for (const [name, family] of Object.entries(put))
      family.putOne(this.#sums.take(name, loop, counters[name as keyof typeof put]));
  }

  #takeDevices(devices: readonly DeviceCounters[]): void {
    const of = (field: 'packets' | 'bytes' | 'drops' | 'errors'): Series[] =>
      devices.flatMap((one) =>
        (['transmit', 'receive'] as const).map((direction) => ({
          labels: { device: one.device, direction },
          value: this.#sums.take(`${one.device} ${direction} ${field}`, 'kernel', one[direction][field]),
        })),
      );
    this.#families.devicePackets.put(of('packets'));
    this.#families.deviceBytes.put(of('bytes'));
    this.#families.deviceDrops.put(of('drops'));
    this.#families.deviceErrors.put(of('errors'));
  }

  #takeForwarders(forwarders: ReadonlyMap<string, ForwarderCounters>): void {
    const all = [...forwarders];
    this.#families.forwarderPackets.put(all.flatMap(([device, one]) => forwarded(device, one)));
    this.#families.forwarderDrops.put(all.flatMap(([device, one]) => dropped(device, one)));
    this.#families.peerPackets.put(all.flatMap(([device, one]) => ofPeers(device, one, 'Packets')));
    this.#families.peerBytes.put(all.flatMap(([device, one]) => ofPeers(device, one, 'Bytes')));
  }
}

const verdictsOf = ({ byVerdict }: ForwarderCounters) => Object.entries(byVerdict) as [Verdict, number][];

const directionOf = (verdict: Verdict) => DIRECTIONS[verdict.slice(0, 2) as 'tx' | 'rx'];

function forwarded(device: string, counters: ForwarderCounters): Series[] {
  const all = verdictsOf(counters).filter(([verdict]) => isForwarded(verdict));
  return Object.values(DIRECTIONS).map((direction) => {
    const counts = all.filter(([verdict]) => directionOf(verdict) === direction);
    return { labels: { device, direction }, value: counts.reduce((sum, [, count]) => sum + count, 0) };
  });
}

function dropped(device: string, counters: ForwarderCounters): Series[] {
  return verdictsOf(counters)
    .filter(([verdict]) => !isForwarded(verdict))
    .map(([verdict, value]) => ({
      labels: { device, direction: directionOf(verdict), reason: verdict.slice('tx-'.length) },
      value,
    }));
}

function ofPeers(device: string, { endpoints }: ForwarderCounters, field: 'Packets' | 'Bytes'): Series[] {
  return endpoints.flatMap((one) =>
    (['tx', 'rx'] as const).map((side) => ({
      labels: { device, peer: one.remote, direction: DIRECTIONS[side] },
      value: one[`${side}${field}`],
    })),
  );
}
