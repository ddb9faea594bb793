/**
 * All rows there should be, and who wants each. Two owners can want one row key (two peers that publish one MAC): the
 * first to come has it, the next one gets it when the first leaves. The host comes before every peer.
 */
import { type Row, rowKey } from '@podlan/linux/model';

/** The owner of the rows that need no peer. */
export const HOST = 'host';

interface Claim {
  readonly owner: string;
  readonly row: Row;
}

export class DesiredRows {
  readonly #claims = new Map<string, Claim[]>();
  readonly #keys = new Map<string, readonly string[]>();

  /** Replaces all rows of `owner`; returns the keys to look at: those it had and those it has. */
  set(owner: string, rows: readonly Row[]): Set<string> {
    const touched = new Set(this.keysOf(owner));
    for (const key of touched) this.#withdraw(key, owner);
    const keys = new Set<string>();
    for (const row of rows) {
      const key = rowKey(row);
      this.#claim(key, { owner, row });
      keys.add(key);
      touched.add(key);
    }
    if (rows.length === 0) this.#keys.delete(owner);
    else this.#keys.set(owner, [...keys]);
    return touched;
  }

  keysOf(owner: string): readonly string[] {
    return this.#keys.get(owner) ?? [];
  }

  row(key: string): Row | undefined {
    return this.#claims.get(key)?.[0]?.row;
  }

  ownerOf(key: string): string | undefined {
    return this.#claims.get(key)?.[0]?.owner;
  }

  rows(): Row[] {
    return [...this.#claims.values()].map((claims) => claims[0]!.row);
  }

  /** The rows that each owner has: the host's first, then the peers' as they came. */
  byOwner(): [string, Row[]][] {
    const peers = [...this.#keys.keys()].filter((owner) => owner !== HOST);
    const owners = this.#keys.has(HOST) ? [HOST, ...peers] : peers;
    return owners.map((owner) => {
      const claims = this.keysOf(owner).map((key) => this.#claims.get(key)![0]!);
      return [owner, claims.filter((claim) => claim.owner === owner).map(({ row }) => row)];
    });
  }

  /** The owner of a row which `owner` wants to be another. */
  rivalOf(owner: string): string | undefined {
    for (const key of this.keysOf(owner)) {
      const claims = this.#claims.get(key) ?? [];
      const wanted = claims.find((claim) => claim.owner === owner);
      if (JSON.stringify(wanted?.row) !== JSON.stringify(claims[0]?.row)) return claims[0]?.owner;
    }
    return undefined;
  }

  #withdraw(key: string, owner: string): void {
    const rest = (this.#claims.get(key) ?? []).filter((claim) => claim.owner !== owner);
    if (rest.length === 0) this.#claims.delete(key);
    else this.#claims.set(key, rest);
  }

  #claim(key: string, claim: Claim): void {
    const claims = this.#claims.get(key);
    if (claims === undefined) {
      // As most are, in large clusters: an array that is built up takes room for more.
      this.#claims.set(key, [claim]);
      return;
    }
    const others = claims.filter(({ owner }) => owner !== claim.owner);
    this.#claims.set(key, claim.owner === HOST ? [claim, ...others] : [...others, claim]);
  }
}
