/** A watch's events, and what a node would believe after them. */
import { vi } from 'vitest';
import { formatLeaseKey, type Lease, LeaseError, type LeaseEvent, type LeaseStore } from '../../src/index.js';

export class Follower {
  readonly view = new Map<string, Lease>();
  readonly events: LeaseEvent[] = [];
  /** Batches without an event. */
  empty = 0;
  /** What watches ended with; each is followed by another. */
  readonly losses: LeaseError[] = [];
  readonly #stop = new AbortController();
  readonly #done: Promise<void>;

  constructor(store: LeaseStore) {
    this.#done = this.#follow(store);
  }

  /** Resolves once it has had its first snapshot. */
  static async of(store: LeaseStore): Promise<Follower> {
    const follower = new Follower(store);
    await eventually(() => follower.events.length > 0);
    return follower;
  }

  /** As `put 10.244.1.0-24 192.168.77.11`. */
  get texts(): string[] {
    return this.events.map(textOf);
  }

  get snapshots(): number {
    return this.events.filter(({ type }) => type === 'snapshot').length;
  }

  async stop(): Promise<void> {
    this.#stop.abort();
    await this.#done;
  }

  async #follow(store: LeaseStore): Promise<void> {
    while (!this.#stop.signal.aborted) {
      try {
        for await (const batch of store.watch(this.#stop.signal)) this.#take(batch);
      } catch (error) {
        if (!(error instanceof LeaseError) || error.code !== 'watch-lost') throw error;
        this.losses.push(error);
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
    }
  }

  #take(batch: readonly LeaseEvent[]): void {
    if (batch.length === 0) this.empty++;
    for (const event of batch) {
      this.events.push(event);
      if (event.type === 'snapshot') {
        this.view.clear();
        for (const lease of event.leases) this.view.set(formatLeaseKey(lease.subnets), lease);
      } else if (event.type === 'put') this.view.set(formatLeaseKey(event.lease.subnets), event.lease);
      else this.view.delete(formatLeaseKey(event.lease.subnets));
    }
  }
}

/** Waits until it is true. */
export function eventually(check: () => boolean | Promise<boolean>): Promise<void> {
  const expectTrue = async () => {
    if (!(await check())) throw new Error(`not true in time: ${check}`);
  };
  return vi.waitFor(expectTrue, { timeout: 10_000, interval: 2 });
}

function textOf(event: LeaseEvent): string {
  if (event.type === 'snapshot') return `snapshot of ${event.leases.length}`;
  const { subnets, attributes } = event.lease;
  const addresses = attributes.endpoints.map(({ publicIp }) => publicIp);
  return [event.type, formatLeaseKey(subnets), ...addresses].join(' ');
}
