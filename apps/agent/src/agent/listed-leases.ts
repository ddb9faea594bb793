/** All leases of a store, asked once. */
import type { AllocatingStore, Lease, OpenStore } from '@podlan/fabric';
import type { StoreChoice } from './flags/store-flags.js';
import { openStore } from './open-store.js';

/** How long a store may take to answer. */
const STORE_MS = 10_000;

export async function withStore<T>(choice: StoreChoice, work: (store: OpenStore) => Promise<T>): Promise<T> {
  const warn = (message: string) => process.stderr.write(`podlan: ${message}\n`);
  const store = await openStore(choice, warn, AbortSignal.timeout(STORE_MS));
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

export const isAllocating = (store: OpenStore): store is OpenStore & AllocatingStore => 'reserve' in store;

/** With reservations, where the store has them. */
export const leasesIn = (store: OpenStore): Promise<readonly Lease[]> =>
  isAllocating(store) ? store.list() : firstSnapshot(store);

export const listedLeases = (choice: StoreChoice): Promise<readonly Lease[]> => withStore(choice, leasesIn);

async function firstSnapshot(store: OpenStore): Promise<readonly Lease[]> {
  const stop = new AbortController();
  try {
    for await (const [first] of store.watch(stop.signal))
      return first?.type === 'snapshot' ? first.leases : [];
    return [];
  } finally {
    stop.abort();
  }
}
