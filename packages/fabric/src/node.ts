/**
 * The node loop, the same in the agent and in a simulated cluster: follows the lease store, holds this node's lease,
 * and has the reconciler make the kernel agree with what the backend derives from the leases.
 *
 * Level-triggered: a first join, a deleted device, a peer that left meanwhile are put right on one path. All retrying
 * is done here and in the reconciler. A store that is away changes nothing in the kernel.
 */
import type { IpPrefix } from '@podlan/wire';
import { ownLease } from './allocation.js';
import { BackOff } from './back-off.js';
import type { Backend } from './backend.js';
import { type Clock, systemClock } from './clock.js';
import { controllerUnder } from './controller-under.js';
import { HOST } from './desired-rows.js';
import { type Lease, LeaseError, type LeaseErrorCode, type LeaseEvent } from './lease.js';
import { formatLeaseKey } from './lease-json.js';
import type { NodeOptions, RunningNode } from './node-options.js';
import { type DesiredState, endsOf, type NodeState, type PeerState, zeroCounts } from './node-state.js';
import { once } from './once.js';
import { OwnLease } from './own-lease.js';
import { type Judge, PeerLeases } from './peer-leases.js';
import { Reconciler } from './reconciler.js';

const DEFAULT_RESYNC_MS = 30_000;
/** flannel's `--subnet-lease-renew-margin`. */
const DEFAULT_RENEW_MARGIN_MS = 60 * 60 * 1000;
const FIRST_RETRY_MS = 100;
const MOST_RETRY_MS = 5_000;
const NOTICES_KEPT = 10;
const FATAL_AT_START: readonly LeaseErrorCode[] = ['out-of-subnets', 'bad-config', 'corrupt'];

/**
 * Starts a node: it leases a subnet, keeps the kernel's rows as the backend wants them, and follows the other nodes,
 * until
 * `signal` aborts.
 * @example
 * ```ts
 * import { createBackend, MemoryLeaseStore, type NodeState, parseNetworkConfig, runNode } from '@podlan/fabric';
 * import { MemoryKernel, rowKey } from '@podlan/linux/model';
 * import { parseIpAddress, parseMacAddress } from '@podlan/wire';
 *
 * const config = parseNetworkConfig({ Network: '10.244.0.0/16', Backend: { Type: 'vxlan' } });
 * const node = { publicIps: [parseIpAddress('192.168.77.11')!], externalInterface: { name: 'eth0', mtu: 1500 } };
 * const randomMac = () => parseMacAddress('02:00:00:00:00:01')!;
 * const backend = createBackend({ config, node, dataplane: 'kernel', randomMac });
 * const kernel = new MemoryKernel();
 * const store = new MemoryLeaseStore({ config });
 * const stop = new AbortController();
 * const onState = ({ ready }: NodeState) => ready && stop.abort();
 * const running = runNode({ kernel, store, backend, signal: stop.signal, onState });
 * await running.finished;
 *
 * running.state().lease?.subnets; // => ['10.244.1.0/24']
 * kernel.rows.map(rowKey); // => ['link flannel.1', 'address flannel.1 10.244.1.0/32']
 * ```
 */
export function runNode(options: NodeOptions): RunningNode {
  const node = new Node(options);
  return {
    state: () => node.state(),
    desired: () => node.desired(),
    rehost: (backend) => node.rehost(backend),
    finished: node.run(),
  };
}

class Node {
  readonly #options: NodeOptions;
  /** As the host is now: another one after each `rehost`. */
  #backend: Backend;
  readonly #clock: Clock;
  readonly #counts = zeroCounts();
  readonly #reconciler: Reconciler;
  readonly #own: OwnLease;
  /** Ends all loops: at the caller's signal, or when one of them can't go on. */
  readonly #stop: AbortController;
  readonly #leases: PeerLeases;
  #notices: readonly string[] = [];
  #watching = false;
  #storeError: string | undefined;
  #leaseError: string | undefined;

  constructor(options: NodeOptions) {
    this.#options = options;
    this.#backend = options.backend;
    this.#clock = options.clock ?? systemClock;
    this.#stop = controllerUnder(options.signal);
    this.#reconciler = new Reconciler({
      kernel: options.kernel,
      clock: this.#clock,
      resyncMs: options.resyncMs ?? DEFAULT_RESYNC_MS,
      ownsChains: options.hostRows !== undefined,
      counts: this.#counts,
      warn: (message) => options.log?.warn(message),
      changed: () => this.#changed(),
      ...(options.onReconcile && { reconciled: options.onReconcile }),
    });
    this.#leases = new PeerLeases({
      program: (key, rows) => this.#reconciler.setPeer(key, rows),
      refused: (key, reason) => this.#refused(key, reason),
    });
    this.#own = new OwnLease({
      store: options.store,
      clock: this.#clock,
      counts: this.#counts,
      renewMarginMs: options.renewMarginMs ?? DEFAULT_RENEW_MARGIN_MS,
      ...(options.held && { earlier: options.held }),
      request: () => this.#leaseRequest(),
      attributes: (own) => this.#backend.leaseAttributes(own.attributes),
      held: (lease, before) => this.#hold(lease, before),
      failed: (error) => this.#leaseFailed(error),
    });
  }

  async run(): Promise<void> {
    const { signal } = this.#stop;
    const loops = [this.#watchStore(signal), this.#own.run(signal), this.#reconciler.run(signal)];
    try {
      await Promise.all(loops);
    } finally {
      this.#stop.abort();
      await Promise.allSettled(loops);
    }
  }

  /** The host's rows at once, for the old ones carry nothing any more; peers learn of it as soon as the store is there. */
  rehost(backend: Backend): void {
    this.#backend = backend;
    const own = this.#own.lease;
    if (own !== undefined) this.#programAll(own);
    this.#own.publish();
    this.#changed();
  }

  state(): NodeState {
    const own = this.#own.lease;
    const storeError = this.#storeError ?? this.#leaseError;
    const kernelError = this.#reconciler.kernelError;
    const { entriesIgnored } = this.#options.store;
    const peers = once(() => (own === undefined ? [] : this.#peers(own)));
    return {
      ready: this.#reconciler.ready,
      ...(own === undefined ? {} : { lease: own }),
      mtu: this.#backend.mtu,
      get peers() {
        return peers();
      },
      failures: this.#reconciler.failures(),
      store: {
        watching: this.#watching,
        ...(storeError === undefined ? {} : { error: storeError }),
        ...(entriesIgnored === undefined ? {} : { entriesIgnored }),
      },
      kernel: kernelError === undefined ? {} : { error: kernelError },
      notices: this.#notices,
      counters: { ...this.#counts },
    };
  }

  desired(): DesiredState[] {
    return this.#reconciler.desired.byOwner().flatMap(([owner, rows]) => {
      const lease = owner === HOST ? this.#own.lease : this.#leases.admitted(owner);
      return lease === undefined ? [] : [{ owner, ...endsOf(lease), rows }];
    });
  }

  async #watchStore(signal: AbortSignal): Promise<void> {
    const backOff = new BackOff(FIRST_RETRY_MS, MOST_RETRY_MS);
    while (!signal.aborted) {
      try {
        for await (const events of this.#options.store.watch(signal)) {
          backOff.reset();
          this.#watching = true;
          this.#storeError = undefined;
          this.#take(events);
        }
      } catch (error) {
        this.#watchLost(error as Error);
      }
      this.#watching = false;
      if (signal.aborted) return;
      this.#counts.watchesLost++;
      this.#changed();
      await this.#clock.sleep(backOff.next(), signal);
    }
  }

  /** Before the first lease there is nothing to hold on to, and the operator is told instead. */
  #watchLost(error: Error): void {
    const cause = error instanceof LeaseError && error.cause instanceof LeaseError ? error.cause : error;
    if (this.#own.lease === undefined && isFatal(cause)) throw cause;
    if (this.#storeError !== error.message) this.#options.log?.warn(`lease store: ${error.message}`);
    this.#storeError = error.message;
  }

  #take(events: readonly LeaseEvent[]): void {
    const touched = new Set<string>();
    for (const event of events) {
      this.#counts.leaseEvents++;
      for (const key of this.#leases.record(event)) touched.add(key);
    }
    const own = this.#own.lease;
    if (events.some(({ type }) => type === 'snapshot')) this.#own.retryNow();
    if (events.length === 0) this.#own.acquireNow();
    else if (own === undefined) this.#own.acquireSoon();
    else this.#follow(own, touched);
    this.#changed();
  }

  #follow(own: Lease, touched: ReadonlySet<string>): void {
    const ownKey = formatLeaseKey(own.subnets);
    if (touched.has(ownKey)) this.#own.seen(this.#leases.get(ownKey));
    this.#leases.settle(touched, this.#judge(own));
  }

  #judge(own: Lease): Judge {
    return { own, backend: this.#backend };
  }

  #refused(key: string, reason: string): void {
    this.#counts.leasesRefused++;
    this.#options.log?.warn(`lease ${key} is refused: ${reason}`);
  }

  #leaseRequest() {
    const { previous = [], held, store } = this.#options;
    const own = this.#own.lease ?? held;
    const fresh = this.#backend.leaseAttributes(undefined);
    const leases = this.#leases.entries().map(([, lease]) => lease);
    const published = ownLease(store, leases, fresh);
    const attributes = this.#backend.leaseAttributes((this.#own.lease ?? published ?? held)?.attributes);
    return { attributes, previous: own?.subnets ?? previous };
  }

  #hold(own: Lease, before: Lease | undefined): void {
    const key = formatLeaseKey(own.subnets);
    const oldKey = before && formatLeaseKey(before.subnets);
    this.#leaseError = undefined;
    if (oldKey !== key) {
      this.#options.log?.info(`holding lease ${own.subnets.join(', ')}`);
      // Pods outlive the agent: those of an earlier run are told, too.
      const old = before?.subnets ?? this.#options.previous ?? [];
      if (old.some((subnet) => !own.subnets.includes(subnet))) this.#notice(subnetChanged(old, own.subnets));
      this.#programAll(own);
    }
    this.#changed();
  }

  #programAll(own: Lease): void {
    const rows = [...this.#backend.hostState(own), ...(this.#options.hostRows?.(own) ?? [])];
    this.#reconciler.setHost(rows);
    const keys = [...this.#leases.keys(), formatLeaseKey(own.subnets)];
    this.#leases.settle(keys, this.#judge(own));
  }

  #leaseFailed(error: Error): void {
    if (this.#own.lease === undefined && isFatal(error)) throw error;
    if (this.#leaseError !== error.message) this.#options.log?.error(error.message);
    this.#leaseError = error.message;
    this.#changed();
  }

  #notice(message: string): void {
    this.#options.log?.warn(message);
    this.#notices = [...this.#notices, message].slice(-NOTICES_KEPT);
  }

  #peers(own: Lease): PeerState[] {
    return this.#leases.peers(this.#judge(own)).map(([key, lease]) => this.#peerState(key, lease));
  }

  #peerState(key: string, lease: Lease): PeerState {
    const refusal = this.#leases.refusalOf(key);
    return {
      key,
      ...endsOf(lease),
      backendType: lease.attributes.backendType,
      ...(lease.expiresAtMs !== undefined && { expiresAtMs: lease.expiresAtMs }),
      ...(refusal === undefined ? this.#reconciler.statusOf(key) : { status: 'refused', reason: refusal }),
    };
  }

  #changed(): void {
    const { onState } = this.#options;
    if (onState !== undefined) onState(this.state());
  }
}

function isFatal(error: unknown): boolean {
  return error instanceof LeaseError && FATAL_AT_START.includes(error.code);
}

function subnetChanged(before: readonly IpPrefix[], now: readonly IpPrefix[]): string {
  const change = `this node's subnet changed from ${before.join(', ')} to ${now.join(', ')}`;
  return `${change}: pods started under the old one are cut off; start them again`;
}
