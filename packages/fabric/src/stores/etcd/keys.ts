/**
 * etcd's keys and leases in our words: reads and writes that happen only if nobody else wrote meanwhile. Keys are text,
 * revisions bigint.
 */
import type { EtcdClient } from './client.js';
import type { Compare, KeyRange, KeyValue, Operation } from './proto.js';

/** A key, or all that begin so. */
export interface Place {
  readonly key: string;
  readonly isPrefix?: boolean;
  /** The revision at which it was put, where it is known to be there. */
  readonly putAt?: string;
}

/** A change of one key; `lease` is an etcd lease's id, none without. */
export type KeyChange =
  | { readonly put: string; readonly value: string; readonly lease?: string }
  | { readonly delete: string };

/** What an etcd key without a lease says. */
export const NO_LEASE = '0';

const QUESTIONS_AT_ONCE = 50;

export class EtcdKeys {
  readonly #client: EtcdClient;

  constructor(client: EtcdClient) {
    this.#client = client;
  }

  /** In order of key. */
  async read(place: Place): Promise<{ entries: KeyValue[]; revision: bigint }> {
    const { header, kvs } = await this.#client.call('KV/Range', rangeOf(place));
    return { entries: kvs, revision: BigInt(header.revision) };
  }

  /**
   * Carries the changes out together, if nothing was put in `places` after `revision` and what was known to be there still
   * is; else false.
   */
  async commit(places: readonly Place[], revision: bigint, changes: readonly KeyChange[]): Promise<boolean> {
    const compare = places.map((place) => unchangedSince(revision, place));
    const { succeeded } = await this.#client.call('KV/Txn', { compare, success: changes.map(operationOf) });
    return succeeded;
  }

  /** A new lease and its time, which may be longer than was asked for. */
  async grant(seconds: number): Promise<{ id: string; ttlSeconds: number }> {
    const { ID, TTL } = await this.#client.call('Lease/LeaseGrant', { TTL: Math.ceil(seconds) });
    return { id: ID, ttlSeconds: Number(TTL) };
  }

  /** What is left of each of these leases that has not ended. */
  async secondsLeft(ids: ReadonlySet<string>): Promise<Map<string, number>> {
    const left = new Map<string, number>();
    const waiting = [...ids];
    const ask = async () => {
      for (let ID = waiting.pop(); ID !== undefined; ID = waiting.pop()) {
        const { TTL } = await this.#client.call('Lease/LeaseTimeToLive', { ID });
        if (Number(TTL) >= 0) left.set(ID, Number(TTL));
      }
    };
    await Promise.all(Array.from({ length: QUESTIONS_AT_ONCE }, ask));
    return left;
  }

  /** Ends leases that hold no key any more, so that they don't linger. One that can't be ended ends by itself. */
  async tidy(ids: readonly string[]): Promise<void> {
    for (const ID of new Set(ids.filter((id) => id !== NO_LEASE))) {
      try {
        const { TTL, keys } = await this.#client.call('Lease/LeaseTimeToLive', { ID, keys: true });
        if (Number(TTL) >= 0 && keys.length === 0) await this.#client.call('Lease/LeaseRevoke', { ID });
      } catch {
        return;
      }
    }
  }
}

export function rangeOf({ key, isPrefix = false }: Place): KeyRange {
  const bytes = Buffer.from(key);
  return isPrefix ? { key: bytes, range_end: prefixEnd(bytes) } : { key: bytes };
}

/** The first key that no longer begins so: the last byte, of text below 0xff, plus one. */
function prefixEnd(prefix: Buffer): Buffer {
  const end = Buffer.from(prefix);
  end[end.length - 1]! += 1;
  return end;
}

/** Absent keys have revision 0, so a key that was never there is unchanged, too. */
function unchangedSince(revision: bigint, place: Place): Compare {
  const { putAt } = place;
  return {
    ...rangeOf(place),
    target: 'MOD',
    result: putAt === undefined ? 'LESS' : 'EQUAL',
    mod_revision: putAt ?? `${revision + 1n}`,
  };
}

function operationOf(change: KeyChange): Operation {
  if ('delete' in change) return { request_delete_range: rangeOf({ key: change.delete }) };
  const { put, value, lease = NO_LEASE } = change;
  return { request_put: { key: Buffer.from(put), value: Buffer.from(value), lease } };
}
