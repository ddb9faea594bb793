/**
 * Which peer holds which addresses: its subnets, and the endpoints its tunnels lead to. No two peers hold an address in
 * two subnets, and no peer's subnet holds another's endpoint: tunnel packets would be routed into a tunnel.
 */
import { boundsOf } from '@podlan/linux/prefix';
import { familyOf, type IpAddress, type IpPrefix } from '@podlan/wire';
import type { Lease } from './lease.js';

/** What one peer holds that another asks for. */
export interface Conflict {
  /** Key of the peer that holds it. */
  readonly holder: string;
  readonly reason: string;
}

interface Claim {
  readonly key: string;
  readonly text: IpAddress | IpPrefix;
  readonly first: bigint;
  readonly last: bigint;
}

export class AddressClaims {
  readonly #leases = new Map<string, Lease>();
  readonly #subnets = new ClaimTable();
  readonly #endpoints = new ClaimTable();

  /** What stands in the way of a peer's lease; what it holds itself does not. */
  conflict(key: string, lease: Lease): Conflict | undefined {
    for (const subnet of lease.subnets) {
      const other = this.#subnets.find(subnet, key);
      if (other !== undefined) return conflict(other, `its subnet ${subnet} overlaps ${other.text}`);
      const endpoint = this.#endpoints.find(subnet, key);
      if (endpoint !== undefined)
        return conflict(endpoint, `its subnet ${subnet} holds ${endpoint.text}, the address`);
    }
    for (const { publicIp } of lease.attributes.endpoints) {
      const subnet = this.#subnets.find(publicIp, key);
      if (subnet !== undefined)
        return conflict(subnet, `its public address ${publicIp} lies in ${subnet.text}`);
    }
    return undefined;
  }

  /** In the place of what the peer held before. There must be no conflict. */
  hold(key: string, lease: Lease): void {
    this.release(key);
    this.#leases.set(key, lease);
    for (const subnet of lease.subnets) this.#subnets.add(key, subnet);
    for (const { publicIp } of lease.attributes.endpoints) this.#endpoints.add(key, publicIp);
  }

  release(key: string): void {
    const lease = this.#leases.get(key);
    if (lease === undefined) return;
    this.#leases.delete(key);
    for (const subnet of lease.subnets) this.#subnets.remove(key, subnet);
    for (const { publicIp } of lease.attributes.endpoints) this.#endpoints.remove(key, publicIp);
  }
}

const conflict = ({ key: holder }: Claim, what: string): Conflict => ({
  holder,
  reason: `${what} of ${holder}`,
});

/** Ranges by family and order. None overlaps another, but for equal ones: two leases of one node have one endpoint. */
class ClaimTable {
  readonly #claims = { 4: [] as Claim[], 6: [] as Claim[] };

  /** One that shares an address with `text` and is not `except`'s. */
  find(text: IpAddress | IpPrefix, except: string): Claim | undefined {
    const claims = this.#claims[familyOf(text)];
    const { first, last } = boundsOf(text);
    for (let i = firstAt(claims, first); i < claims.length && claims[i]!.first <= last; i++) {
      if (claims[i]!.key !== except) return claims[i];
    }
    return undefined;
  }

  add(key: string, text: IpAddress | IpPrefix): void {
    const claims = this.#claims[familyOf(text)];
    const { first, last } = boundsOf(text);
    claims.splice(firstAt(claims, first), 0, { key, text, first, last });
  }

  remove(key: string, text: IpAddress | IpPrefix): void {
    const claims = this.#claims[familyOf(text)];
    let index = firstAt(claims, boundsOf(text).first);
    while (index < claims.length && claims[index]!.key !== key) index++;
    claims.splice(index, 1);
  }
}

/** Index of the first claim that ends at `value` or after it. */
function firstAt(claims: readonly Claim[], value: bigint): number {
  let low = 0;
  let high = claims.length;
  while (low < high) {
    const middle = (low + high) >> 1;
    if (claims[middle]!.last < value) low = middle + 1;
    else high = middle;
  }
  return low;
}
