/** The keys under `<prefix>/subnets` as leases, and changes of them as events. Anybody may have written there. */
import type { IpPrefix } from '@podlan/wire';
import type { Lease, LeaseEvent } from '../../lease.js';
import { formatLeaseKey, parseLease, parseLeaseKey } from '../../lease-json.js';
import { unreadableLeases } from '../claim.js';
import { EntryReader } from '../entry-reader.js';
import type { Written } from '../written.js';
import { NO_LEASE, type Place } from './keys.js';
import type { KeyValue, WatchResponse } from './proto.js';

/** One key. */
export interface Entry {
  readonly key: string;
  /** The revision at which it was put, and the etcd lease that it is bound to. */
  readonly putAt: string;
  readonly leaseId: string;
  /** Whether its value is a lease's, as it is now. */
  readonly readable: boolean;
  /** Its lease, or the last good one that it was. No reservation has an end, and others only where it is known. */
  readonly lease: Lease | undefined;
}

/** What was read at one revision. */
export interface Listing {
  readonly revision: bigint;
  readonly entries: readonly Entry[];
  of(subnets: readonly IpPrefix[]): Entry | undefined;
}

/** Of a lease that ends some time. */
const UNKNOWN_END = Number.MAX_SAFE_INTEGER;

export class EtcdEntries {
  readonly #directory: string;
  readonly #written: Written;
  readonly #reader: EntryReader;
  /** Ends of the etcd leases that this client made, by their ids. */
  readonly #ends = new Map<string, number>();

  constructor(directory: string, written: Written, warn: (message: string) => void) {
    this.#directory = directory;
    this.#written = written;
    this.#reader = new EntryReader(warn);
  }

  get ignored(): number {
    return this.#reader.ignored;
  }

  /** Where flannel looks, too: keys such as `subnets-extra` are in it. */
  get place(): Place {
    return { key: this.#directory, isPrefix: true };
  }

  keyOf(subnets: readonly IpPrefix[]): string {
    return `${this.#directory}/${formatLeaseKey(subnets)}`;
  }

  /**
   * Where nobody else may have put anything when subnets are taken: under their key where that is there already, else under
   * all that begin with the same subnet. One of two subnets may be in another node's key that begins otherwise, which could
   * be anywhere.
   */
  placeOf(subnets: readonly IpPrefix[], held: Entry | undefined): Place {
    if (held !== undefined) return held;
    return subnets.length > 1 ? this.place : { key: this.keyOf(subnets), isPrefix: true };
  }

  /** `whole`: these are all keys there are, and what was known of others is forgotten. */
  read(entries: readonly KeyValue[], revision: bigint, whole: boolean): Listing {
    if (whole) this.#reader.retain(new Set(entries.map(({ key }) => this.#nameOf(key))));
    const read = entries.map((entry) => this.#entry(entry));
    const byKey = new Map(read.map((entry) => [entry.key, entry]));
    return { revision, entries: read, of: (subnets) => byKey.get(this.keyOf(subnets)) };
  }

  /** What is taken: the leases, and the subnets of entries that can't be read. */
  taken({ entries }: Listing, previous: readonly IpPrefix[]): Lease[] {
    const unreadable = entries.filter(({ readable }) => !readable).map(({ key }) => this.#nameOf(key));
    const leases = entries.flatMap(({ readable, lease, leaseId }) => {
      if (!readable || lease === undefined) return [];
      return leaseId === NO_LEASE ? lease : { ...lease, expiresAtMs: UNKNOWN_END };
    });
    return [...leases, ...unreadableLeases(unreadable, previous)];
  }

  /** Changes as a watch tells them. An entry that turns to garbage changes nothing, unless it was our own. */
  follow(events: WatchResponse['events']): LeaseEvent[] {
    return events.flatMap((event) =>
      event.type === 'PUT' ? this.#followPut(event.kv) : this.#followDelete(event.kv),
    );
  }

  /** An etcd lease that this client made. */
  granted(id: string, expiresAtMs: number): void {
    this.#ends.set(id, expiresAtMs);
  }

  ended(id: string): void {
    this.#ends.delete(id);
  }

  #followPut(kv: KeyValue): LeaseEvent | [] {
    const before = this.#reader.lastGood(this.#nameOf(kv.key));
    const { lease } = this.#entry(kv);
    if (lease !== undefined) return lease === before ? [] : { type: 'put', lease };
    return before === undefined ? [] : { type: 'delete', lease: before };
  }

  /** Whatever is known of it: another call may have read already that it is gone. */
  #followDelete({ key }: KeyValue): LeaseEvent | [] {
    const name = this.#nameOf(key);
    const subnets = parseLeaseKey(name);
    const attributes = this.#reader.lastGood(name)?.attributes ?? { backendType: '', endpoints: [] };
    this.#reader.forget(name);
    return subnets === undefined ? [] : { type: 'delete', lease: { subnets, attributes } };
  }

  #entry({ key, value, mod_revision, lease: leaseId }: KeyValue): Entry {
    const name = this.#nameOf(key);
    const parse = () => parseLease(name, value.toString(), this.#ends.get(leaseId));
    const lease = this.#reader.read(name, parse, this.#written);
    const readable = lease !== undefined && !this.#reader.isGarbage(name);
    return { key: key.toString(), putAt: mod_revision, leaseId, readable, lease };
  }

  /** The last part of a lease's key; a stranger's whole. */
  #nameOf(key: Buffer | string): string {
    const text = key.toString();
    const isLease = text.startsWith(`${this.#directory}/`);
    return isLease ? text.slice(this.#directory.length + 1) : text;
  }
}
