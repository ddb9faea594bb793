/** Clients that take, renew and give back leases without pause, and know what etcd confirmed to them. */
import type { Lease, LeaseEvent, LeaseStore } from '../../src/index.js';
import { formatLeaseKey, formatLeaseValue, LeaseError } from '../../src/index.js';
import { testAttributes } from '../../src/testing.js';

/** What a follower of the store believes: values by key. Watches anew when a watch is lost. */
export class Follower {
  readonly values = new Map<string, string>();
  readonly done: Promise<void>;
  lost = 0;

  constructor(store: LeaseStore, signal: AbortSignal) {
    this.done = this.#follow(store, signal);
  }

  async #follow(store: LeaseStore, signal: AbortSignal): Promise<void> {
    while (!signal.aborted) {
      try {
        for await (const events of store.watch(signal)) for (const event of events) this.#take(event);
      } catch (error) {
        if (!(error instanceof LeaseError) || error.code !== 'watch-lost') throw error;
        this.lost++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  #take(event: LeaseEvent): void {
    if (event.type === 'snapshot') this.values.clear();
    const leases = event.type === 'snapshot' ? event.leases : [event.lease];
    for (const lease of leases) {
      const key = formatLeaseKey(lease.subnets);
      if (event.type === 'delete') this.values.delete(key);
      else this.values.set(key, formatLeaseValue(lease));
    }
  }
}

/** One node that changes its lease all the time. */
export class BusyClient {
  readonly #store: LeaseStore;
  readonly #host: number;
  /** As etcd confirmed it last. */
  lease: Lease | undefined;
  changes = 0;
  failures = 0;

  constructor(store: LeaseStore, host: number) {
    this.#store = store;
    this.#host = host;
  }

  /** Ends with a lease held. */
  async run(signal: AbortSignal): Promise<void> {
    while (!signal.aborted || this.lease === undefined) {
      try {
        await this.#change();
        this.changes++;
      } catch (error) {
        if (!(error instanceof LeaseError) || error.code !== 'unavailable') throw error;
        this.failures++;
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    }
  }

  async #change(): Promise<void> {
    const mac = `02:00:00:00:${(this.changes >> 8).toString(16).padStart(2, '0')}:${(this.changes & 255).toString(16).padStart(2, '0')}`;
    const attributes = testAttributes(this.#host, mac);
    if (this.lease === undefined) {
      this.lease = await this.#store.acquire({ attributes, previous: [] });
    } else if (this.changes % 5 === 4) {
      await this.#store.release(this.lease);
      this.lease = undefined;
    } else {
      this.lease = await this.#store.renew({ ...this.lease, attributes });
    }
  }
}
