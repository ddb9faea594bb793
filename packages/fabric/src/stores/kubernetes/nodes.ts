/** The cluster's nodes as one watch knows them, and what leases they make. */
import type { Family } from '@podlan/wire';
import type { Lease, LeaseEvent } from '../../lease.js';
import { formatLeaseKey, formatLeaseValue } from '../../lease-json.js';
import type { AnnotationKeys } from './annotations.js';
import { leaseOfNode, type NodeObject, nameOf, podSubnets } from './node.js';

export interface NodesOptions {
  readonly keys: AnnotationKeys;
  readonly families: readonly Family[];
  /** Told of a node whose annotations are no lease. Its last good one stays as long as the node and its subnets do. */
  readonly ignored: (message: string) => void;
}

export class KubernetesNodes {
  /** Up to where the server's changes are known; undefined before the first list and when it has to be made anew. */
  version: string | undefined;
  /** Whether a list had more to tell of a node than its lease, and has not told it yet. */
  isSeen = false;
  readonly #options: NodesOptions;
  readonly #leases = new Map<string, Lease>();
  /** By lease key, then by node. It should be one; of several the first keeps it. */
  readonly #holders = new Map<string, Map<string, Lease>>();
  /** What is wrong with a node, so as to say it once. */
  readonly #faults = new Map<string, string>();

  constructor(options: NodesOptions) {
    this.#options = options;
  }

  leases(): Lease[] {
    return [...this.#holders.values()].map((holders) => first(holders)!);
  }

  /** What a whole list does not hold is gone. */
  retain(names: ReadonlySet<string>): void {
    for (const name of this.#leases.keys()) if (!names.has(name)) this.remove(name);
  }

  observe(node: NodeObject): LeaseEvent[] {
    return this.#set(nameOf(node), this.#read(node));
  }

  remove(name: string): LeaseEvent[] {
    this.#faults.delete(name);
    return this.#set(name, undefined);
  }

  #read(node: NodeObject): Lease | undefined {
    const { keys, families } = this.#options;
    try {
      const lease = leaseOfNode(node, keys, families);
      this.#faults.delete(nameOf(node));
      return lease;
    } catch (error) {
      this.#report(nameOf(node), (error as Error).message);
      return this.#lastGood(node);
    }
  }

  #lastGood(node: NodeObject): Lease | undefined {
    const known = this.#leases.get(nameOf(node));
    if (known === undefined) return undefined;
    try {
      const subnets = podSubnets(node, this.#options.families);
      return formatLeaseKey(subnets) === formatLeaseKey(known.subnets) ? known : undefined;
    } catch {
      return known;
    }
  }

  #report(name: string, problem: string): void {
    if (this.#faults.get(name) === problem) return;
    this.#faults.set(name, problem);
    this.#options.ignored(`node ${name}: annotations ignored: ${problem}`);
  }

  #set(name: string, lease: Lease | undefined): LeaseEvent[] {
    const before = this.#leases.get(name);
    const keys = new Set(
      [before, lease].flatMap((one) => (one === undefined ? [] : [formatLeaseKey(one.subnets)])),
    );
    const told = [...keys].map((key) => [key, this.#holder(key)] as const);
    if (before !== undefined) this.#forget(name, before, lease);
    if (lease !== undefined) this.#keep(name, lease, before);
    return told.flatMap(([key, old]) => change(old, this.#holder(key)));
  }

  /** A node that keeps its key keeps its place among the holders. */
  #forget(name: string, before: Lease, lease: Lease | undefined): void {
    this.#leases.delete(name);
    const key = formatLeaseKey(before.subnets);
    if (lease !== undefined && formatLeaseKey(lease.subnets) === key) return;
    const holders = this.#holders.get(key);
    holders?.delete(name);
    if (holders?.size === 0) this.#holders.delete(key);
  }

  #keep(name: string, lease: Lease, before: Lease | undefined): void {
    const key = formatLeaseKey(lease.subnets);
    const isNew = before === undefined || formatLeaseKey(before.subnets) !== key;
    const holders = this.#holders.get(key) ?? new Map<string, Lease>();
    this.#leases.set(name, lease);
    this.#holders.set(key, holders.set(name, lease));
    const [holder] = holders.keys();
    if (isNew && holder !== name) {
      const problem = `its pod CIDR ${lease.subnets.join(', ')} is that of node ${holder}, too`;
      this.#options.ignored(`node ${name}: annotations ignored: ${problem}`);
    }
  }

  #holder(key: string): Lease | undefined {
    const holders = this.#holders.get(key);
    return holders && first(holders);
  }
}

function first<T>(map: ReadonlyMap<string, T>): T | undefined {
  const [value] = map.values();
  return value;
}

function change(before: Lease | undefined, after: Lease | undefined): LeaseEvent[] {
  if (after === undefined) return before === undefined ? [] : [{ type: 'delete', lease: before }];
  if (before !== undefined && formatLeaseValue(before) === formatLeaseValue(after)) return [];
  return [{ type: 'put', lease: after }];
}
