/**
 * The leases of the store, and which of them are programmed. A lease is untrusted: one that is refused, or that asks for
 * addresses another peer holds, gets no rows, a line in the log and a count, and no other peer notices.
 *
 * Who comes first stays. Of leases that come together, as in a snapshot, the ones cut like our own go first, then the
 * narrower, then by key, so that every node and every start of one decides alike.
 */
import type { Row } from '@podlan/linux/model';
import { familyOf, prefixLength } from '@podlan/wire';
import { AddressClaims } from './address-claims.js';
import type { Backend } from './backend.js';
import type { Lease, LeaseEvent } from './lease.js';
import { formatLeaseKey } from './lease-json.js';

/** Who is asked, and on whose behalf. */
export interface Judge {
  readonly own: Lease;
  readonly backend: Backend;
}

export interface PeerLeasesOptions {
  /** The rows that a peer is to have from now on. */
  readonly program: (key: string, rows: readonly Row[]) => void;
  /** Called once for each reason that a lease is refused for. */
  readonly refused: (key: string, reason: string) => void;
}

interface Verdict {
  readonly rows: readonly Row[];
  /** The lease that the rows are made from. */
  readonly admitted?: Lease;
  readonly refusal?: string;
  /** Key of the peer that stands in the way of this one. */
  readonly holder?: string;
}

export class PeerLeases {
  readonly #options: PeerLeasesOptions;
  /** As the store has them, our own among them. */
  readonly #leases = new Map<string, Lease>();
  readonly #admitted = new Map<string, Lease>();
  readonly #claims = new AddressClaims();
  readonly #refusals = new Map<string, string>();
  /** Who stands in the way of whom: by the refused one's key the holder's. */
  readonly #holders = new Map<string, string>();

  constructor(options: PeerLeasesOptions) {
    this.#options = options;
  }

  get(key: string): Lease | undefined {
    return this.#leases.get(key);
  }

  /** The lease that a peer's rows are made from, which is the store's unless that one is refused. */
  admitted(key: string): Lease | undefined {
    return this.#admitted.get(key);
  }

  keys(): string[] {
    return [...this.#leases.keys()];
  }

  entries(): [string, Lease][] {
    return [...this.#leases];
  }

  /** Those of other nodes, whether or not they are refused. */
  peers({ own, backend }: Judge): [string, Lease][] {
    const ownKey = formatLeaseKey(own.subnets);
    return this.entries().filter(([key, lease]) => key !== ownKey && !isVacant(lease, backend));
  }

  refusalOf(key: string): string | undefined {
    return this.#refusals.get(key);
  }

  /** Returns the keys of the leases that the event concerns. */
  record(event: LeaseEvent): string[] {
    if (event.type !== 'snapshot') {
      const key = formatLeaseKey(event.lease.subnets);
      if (event.type === 'put') this.#leases.set(key, event.lease);
      else this.#leases.delete(key);
      return [key];
    }
    const before = this.keys();
    this.#leases.clear();
    for (const lease of event.leases) this.#leases.set(formatLeaseKey(lease.subnets), lease);
    return [...before, ...this.keys()];
  }

  /** Decides about the leases under `keys`, and about those that waited for what these gave up. */
  settle(keys: Iterable<string>, judge: Judge): void {
    const ownKey = formatLeaseKey(judge.own.subnets);
    for (let due = new Set(keys); due.size > 0; ) {
      const freed = new Set<string>();
      for (const key of this.#inOrder(due, judge.own)) {
        const verdict = key === ownKey ? { rows: [] } : this.#judge(key, judge);
        for (const waiter of this.#admit(key, verdict)) freed.add(waiter);
        this.#note(key, verdict);
        this.#options.program(key, verdict.rows);
      }
      due = freed;
    }
  }

  /** Those that are gone come first, for what they leave. */
  #inOrder(keys: ReadonlySet<string>, own: Lease): string[] {
    const ranked = [...keys].map((key) => ({ key, rank: rank(this.#leases.get(key), own) }));
    return ranked.sort((a, b) => a.rank - b.rank || (a.key < b.key ? -1 : 1)).map(({ key }) => key);
  }

  /**
   * A lease that was good and is no more keeps the rows it had, as if the change had not been written: who wrote it is
   * not to be believed, and without a route the packets for its pods would leave by the default route, in the open.
   * Only a peer that went over to another backend, or is gone, has no rows.
   */
  #judge(key: string, judge: Judge): Verdict {
    const lease = this.#leases.get(key);
    if (lease === undefined || isVacant(lease, judge.backend)) return { rows: [] };
    const verdict = this.#try(key, lease, judge);
    const before = this.#admitted.get(key);
    if (verdict.admitted !== undefined || before === undefined) return verdict;
    if (before.attributes.backendType !== lease.attributes.backendType) return verdict;
    const { rows, admitted } = this.#try(key, before, judge);
    if (admitted === undefined) return verdict;
    return { rows, admitted, refusal: `${verdict.refusal}; what it said before stays` };
  }

  #try(key: string, lease: Lease, { own, backend }: Judge): Verdict {
    try {
      const rows = backend.peerState(own, lease);
      const refusal = rows.length > 0 ? undefined : backend.refusal(own, lease);
      if (refusal !== undefined) return { rows: [], refusal };
      const conflict = this.#claims.conflict(key, inFamiliesOf(own, lease));
      if (conflict !== undefined) return { rows: [], refusal: conflict.reason, holder: conflict.holder };
      return { rows, admitted: lease };
    } catch (error) {
      return { rows: [], refusal: (error as Error).message };
    }
  }

  /** Returns the peers that waited for what this one gave up. */
  #admit(key: string, { admitted, holder }: Verdict): string[] {
    const before = this.#admitted.get(key);
    if (holder === undefined) this.#holders.delete(key);
    else this.#holders.set(key, holder);
    if (before === admitted) return [];
    if (admitted === undefined) {
      this.#admitted.delete(key);
      this.#claims.release(key);
    } else {
      this.#admitted.set(key, admitted);
      this.#claims.hold(key, admitted);
    }
    return [...this.#holders].filter(([, other]) => other === key).map(([waiter]) => waiter);
  }

  #note(key: string, { refusal }: Verdict): void {
    const before = this.#refusals.get(key);
    if (refusal === undefined) this.#refusals.delete(key);
    else this.#refusals.set(key, refusal);
    if (refusal !== undefined && refusal !== before) this.#options.refused(key, refusal);
  }
}

/** A reservation whose node is away says no backend; nor does any lease of flannel's udp. */
function isVacant({ attributes }: Lease, backend: Backend): boolean {
  return attributes.backendType === '' && backend.type !== 'udp';
}

/** What we have no network of is nobody's. */
function inFamiliesOf(own: Lease, { subnets, attributes }: Lease): Lease {
  const families = own.subnets.map(familyOf);
  const endpoints = attributes.endpoints.filter(({ publicIp }) => families.includes(familyOf(publicIp)));
  return {
    subnets: subnets.filter((subnet) => families.includes(familyOf(subnet))),
    attributes: { ...attributes, endpoints },
  };
}

/** Less goes first: those that are gone, those cut like ours, then the longer the prefix. */
function rank(lease: Lease | undefined, own: Lease): number {
  if (lease === undefined) return -1;
  const [subnet] = lease.subnets;
  if (subnet === undefined) return 0;
  const likeOurs = own.subnets.some(
    (ours) => familyOf(ours) === familyOf(subnet) && prefixLength(ours) === prefixLength(subnet),
  );
  return likeOurs ? 0 : 1 + 128 - prefixLength(subnet);
}
