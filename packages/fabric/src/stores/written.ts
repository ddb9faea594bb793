/** What one client wrote last under each key: by that it knows its own entries even after its address changed. */
import { isSameNode } from '../allocation.js';
import type { Lease, LeaseAttributes } from '../lease.js';
import { formatLeaseKey } from '../lease-json.js';

export class Written {
  readonly #attributes = new Map<string, LeaseAttributes>();

  add(lease: Lease): void {
    this.#attributes.set(formatLeaseKey(lease.subnets), lease.attributes);
  }

  delete(lease: Pick<Lease, 'subnets'>): void {
    this.#attributes.delete(formatLeaseKey(lease.subnets));
  }

  /** Whether `held`, an entry of the store, is as this client wrote it, or a later one of the same node. */
  has(held: Lease): boolean {
    const before = this.#attributes.get(formatLeaseKey(held.subnets));
    return before !== undefined && isSameNode(held.attributes, before);
  }

  /** Whether `held`, the store's entry for the subnets of `lease`, is the caller's. */
  isOwn(held: Lease, lease: Lease): boolean {
    return isSameNode(held.attributes, lease.attributes) || this.has(held);
  }
}
