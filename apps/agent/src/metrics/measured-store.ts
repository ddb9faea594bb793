/** A lease store that tells how long each question took, and how it ended. */
import {
  type Lease,
  LeaseError,
  type LeaseErrorCode,
  type LeaseEvent,
  type LeaseRequest,
  type OpenStore,
} from '@podlan/fabric';

/** `watch` is the time to its first answer. */
export type StoreOperation = 'acquire' | 'renew' | 'release' | 'watch';

export interface StoreTime {
  readonly operation: StoreOperation;
  /** Absent for a watch that was lost later than at its first answer: that took no time of anybody's. */
  readonly seconds?: number;
  readonly error?: LeaseErrorCode | 'other';
}

/** Does what `store` does. */
export function measuredStore(store: OpenStore, told: (time: StoreTime) => void): OpenStore {
  const measured: OpenStore = {
    acquire: (request: LeaseRequest) => timed('acquire', () => store.acquire(request)),
    renew: (lease: Lease) => timed('renew', () => store.renew(lease)),
    release: (lease: Lease) => timed('release', () => store.release(lease)),
    watch: (signal) => timedWatch(store, signal, told),
    close: () => store.close(),
    config: store.config,
    ...(store.nodePublicIps && { nodePublicIps: store.nodePublicIps }),
    ...(store.isOwn && { isOwn: (lease: Lease) => store.isOwn!(lease) }),
    ...(store.reconnect && { reconnect: () => store.reconnect!() }),
  };
  // It grows while the store runs, and is absent in some.
  return Object.defineProperty(measured, 'entriesIgnored', { get: () => store.entriesIgnored });

  async function timed<T>(operation: StoreOperation, work: () => Promise<T>): Promise<T> {
    const began = performance.now();
    let error: Pick<StoreTime, 'error'> = {};
    try {
      return await work();
    } catch (thrown) {
      error = { error: codeOf(thrown) };
      throw thrown;
    } finally {
      told({ operation, seconds: secondsSince(began), ...error });
    }
  }
}

async function* timedWatch(
  store: OpenStore,
  signal: AbortSignal,
  told: (time: StoreTime) => void,
): AsyncGenerator<readonly LeaseEvent[]> {
  const operation = 'watch';
  const began = performance.now();
  let answered = false;
  try {
    for await (const events of store.watch(signal)) {
      if (!answered) told({ operation, seconds: secondsSince(began) });
      answered = true;
      yield events;
    }
  } catch (thrown) {
    if (!signal.aborted)
      told({ operation, ...(!answered && { seconds: secondsSince(began) }), error: codeOf(thrown) });
    throw thrown;
  }
}

const secondsSince = (beganMs: number): number => (performance.now() - beganMs) / 1000;

const codeOf = (error: unknown): LeaseErrorCode | 'other' =>
  error instanceof LeaseError ? error.code : 'other';
