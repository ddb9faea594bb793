/** Writes leases to etcd, each only if nobody else was faster, and keeps house of the etcd leases that they are bound to. */
import type { Clock } from '../../clock.js';
import type { Lease } from '../../lease.js';
import { formatLeaseValue } from '../../lease-json.js';
import type { Entry, EtcdEntries, Listing } from './entries.js';
import { type EtcdKeys, NO_LEASE } from './keys.js';

/** An etcd lease. */
interface Grant {
  readonly id: string;
  readonly expiresAtMs: number;
}

/** Of several tries at one change: how often somebody else was faster, and the etcd lease not used yet. */
export interface Turn {
  losses: number;
  grant: Grant | undefined;
}

export class EtcdWriter {
  readonly #keys: EtcdKeys;
  readonly #entries: EtcdEntries;
  readonly #clock: Clock;
  readonly #ttlSeconds: number;

  constructor(keys: EtcdKeys, entries: EtcdEntries, clock: Clock, ttlSeconds: number) {
    this.#keys = keys;
    this.#entries = entries;
    this.#clock = clock;
    this.#ttlSeconds = ttlSeconds;
  }

  /** Tries again as long as somebody else is faster. One etcd lease serves all tries. */
  async insist<T>(attempt: (turn: Turn) => Promise<T | undefined>): Promise<T> {
    const turn: Turn = { losses: 0, grant: undefined };
    try {
      for (;;) {
        const result = await attempt(turn);
        if (result !== undefined) return result;
        turn.losses++;
      }
    } finally {
      if (turn.grant !== undefined) await this.#tidy([turn.grant.id]);
    }
  }

  /**
   * Puts an entry in place of what `listing` shows, with a new etcd lease unless `reserved`; undefined where somebody else
   * was faster. etcd leases that hold no key any more are ended.
   */
  async put(
    turn: Turn,
    listing: Listing,
    { subnets, attributes }: Lease,
    reserved: boolean,
    replaced: readonly Entry[] = [],
  ): Promise<Lease | undefined> {
    const held = listing.of(subnets);
    const places = [this.#entries.placeOf(subnets, held), ...replaced];
    if (!reserved) turn.grant ??= await this.#grant();
    const grant = reserved ? undefined : turn.grant;
    const value = formatLeaseValue({ subnets, attributes });
    const put = { put: this.#entries.keyOf(subnets), value, lease: grant?.id ?? NO_LEASE };
    const deletes = replaced.map(({ key }) => ({ delete: key }));
    if (!(await this.#keys.commit(places, listing.revision, [put, ...deletes]))) return undefined;
    turn.grant = undefined;
    await this.#tidy([held, ...replaced].map((entry) => entry?.leaseId ?? NO_LEASE));
    return { subnets, attributes, ...(grant && { expiresAtMs: grant.expiresAtMs }) };
  }

  async #grant(): Promise<Grant> {
    const askedMs = this.#clock.nowMs();
    const { id, ttlSeconds } = await this.#keys.grant(this.#ttlSeconds);
    const expiresAtMs = askedMs + ttlSeconds * 1000;
    this.#entries.granted(id, expiresAtMs);
    return { id, expiresAtMs };
  }

  /** undefined where somebody else was faster. */
  async delete({ revision }: Listing, entry: Entry): Promise<true | undefined> {
    if (!(await this.#keys.commit([entry], revision, [{ delete: entry.key }]))) return undefined;
    await this.#tidy([entry.leaseId]);
    return true;
  }

  async #tidy(ids: readonly string[]): Promise<void> {
    await this.#keys.tidy(ids);
    for (const id of ids) this.#entries.ended(id);
  }
}
