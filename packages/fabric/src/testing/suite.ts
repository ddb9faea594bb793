/** The store under test, and watches that follow it. */
import { type AllocatingStore, type Lease, LeaseError, type LeaseStore } from '../lease.js';
import { formatLeaseKey } from '../lease-json.js';

/** A fresh store that holds the given network config and no lease. */
export interface StoreFixture {
  /** One more client of the same store. */
  open(): Promise<LeaseStore>;
  /** Lets time go by, for the store at least. */
  advance(ms: number): Promise<void>;
  /**
   * Has another client make `change` where no watch can see it, not even one that goes on where it was. Absent where watches
   * see everything.
   */
  unseen?(change: (store: LeaseStore) => Promise<void>): Promise<void>;
  close(): Promise<void>;
}

export class Suite {
  readonly #makeFixture: (config: object) => Promise<StoreFixture>;
  #fixture: StoreFixture | undefined;
  #watches: Promise<void>[] = [];
  #abort = new AbortController();

  constructor(makeFixture: (config: object) => Promise<StoreFixture>) {
    this.#makeFixture = makeFixture;
  }

  async begin(config: object): Promise<void> {
    this.#fixture = await this.#makeFixture(config);
    this.#abort = new AbortController();
    this.#watches = [];
  }

  async end(): Promise<void> {
    this.#abort.abort();
    await Promise.allSettled(this.#watches);
    await this.#fixture?.close();
    this.#fixture = undefined;
  }

  get fixture(): StoreFixture {
    return this.#fixture!;
  }

  open(): Promise<LeaseStore> {
    return this.fixture.open();
  }

  /** Where the store allocates, its clients are of this kind. */
  openAllocating(): Promise<AllocatingStore> {
    return this.open() as Promise<AllocatingStore>;
  }

  advance(ms: number): Promise<void> {
    return this.fixture.advance(ms);
  }

  /** What a watcher of the store believes, kept up to date. */
  follow(store: LeaseStore): Map<string, Lease> {
    const view = new Map<string, Lease>();
    this.#watches.push(keepView(store, view, this.#abort.signal));
    return view;
  }

  /** Waits for other processes' work to come through: real time passes, and the store's own. */
  async eventually(check: () => void): Promise<void> {
    for (let tries = 0; ; tries++) {
      await this.advance(40);
      try {
        return check();
      } catch (error) {
        if (tries > 200) throw error;
      }
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
}

/** Watches anew when a watch is lost, as a node does. */
export async function keepView(
  store: LeaseStore,
  view: Map<string, Lease>,
  signal: AbortSignal,
): Promise<void> {
  for (;;) {
    try {
      return await followOnce(store, view, signal);
    } catch (error) {
      if (!(error instanceof LeaseError) || error.code !== 'watch-lost') throw error;
    }
  }
}

async function followOnce(store: LeaseStore, view: Map<string, Lease>, signal: AbortSignal): Promise<void> {
  for await (const events of store.watch(signal)) {
    for (const event of events) {
      if (event.type === 'snapshot') view.clear();
      const leases = event.type === 'snapshot' ? event.leases : [event.lease];
      for (const lease of leases) {
        if (event.type === 'delete') view.delete(formatLeaseKey(lease.subnets));
        else view.set(formatLeaseKey(lease.subnets), lease);
      }
    }
  }
}
