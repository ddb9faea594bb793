/**
 * A longest-prefix-match table for IPv4 and IPv6, with a JavaScript value for each prefix. The match is the module's;
 * prefixes and values are kept here, under the index that the module stores.
 */
import type { IpPrefix } from '@podlan/wire';
import { canonicalAddress, canonicalPrefix, wholeNumber, writeAddress, writePrefix } from './key.js';
import { DEFAULT_CAPACITY, FULL, KEY_BYTES, LOOKUP_BATCH, MAX_ROUTES, MISS, TABLE_ROUTES } from './layout.js';
import { createDataplane, type Dataplane, type ModuleSource } from './wasm.js';

export interface RouteTableOptions {
  /** How many prefixes of both families there is memory for. */
  readonly capacity?: number;
  /** A module of one's own in place of the embedded one: see {@link ModuleSource}. */
  readonly module?: ModuleSource;
}

export interface RouteMatch<Value> {
  readonly prefix: IpPrefix;
  readonly value: Value;
}

export class RouteTable<Value = unknown> {
  readonly capacity: number;
  #module: Dataplane | undefined;
  readonly #indexes = new Map<IpPrefix, number>();
  readonly #routes: (RouteMatch<Value> | undefined)[] = [];
  readonly #freeIndexes: number[] = [];

  private constructor(capacity: number, module: Dataplane) {
    this.capacity = capacity;
    this.#module = module;
  }

  static async create<Value = unknown>({
    capacity = DEFAULT_CAPACITY,
    module,
  }: RouteTableOptions = {}): Promise<RouteTable<Value>> {
    wholeNumber('capacity', capacity, 1, MAX_ROUTES);
    return new RouteTable(capacity, await createDataplane({ slots: 0, slotBytes: 0, capacity }, module));
  }

  get size(): number {
    return this.#indexes.size;
  }

  /** Adds a prefix or replaces its value. A full table is a RangeError, and nothing has changed. */
  insert(prefixText: string, value: Value): this {
    const prefix = canonicalPrefix(prefixText);
    const known = this.#indexes.get(prefix);
    const index = known ?? this.#add(prefix);
    this.#routes[index] = { prefix, value };
    return this;
  }

  #add(prefix: IpPrefix): number {
    const { calls, key } = this.#open();
    const index = this.#freeIndexes.at(-1) ?? this.#routes.length;
    const { family, length } = writePrefix(key, prefix);
    if (calls.insert(TABLE_ROUTES, family, length, index) === FULL) {
      throw new RangeError(`route table is full: its capacity is ${this.capacity} prefixes`);
    }
    this.#freeIndexes.pop();
    this.#indexes.set(prefix, index);
    return index;
  }

  /** Whether the prefix was there. */
  delete(prefixText: string): boolean {
    const prefix = canonicalPrefix(prefixText);
    const index = this.#indexes.get(prefix);
    if (index === undefined) return false;
    const { calls, key } = this.#open();
    const { family, length } = writePrefix(key, prefix);
    calls.remove(TABLE_ROUTES, family, length);
    this.#indexes.delete(prefix);
    this.#routes[index] = undefined;
    this.#freeIndexes.push(index);
    return true;
  }

  /** The value of exactly this prefix. */
  get(prefixText: string): Value | undefined {
    const index = this.#indexes.get(canonicalPrefix(prefixText));
    return index === undefined ? undefined : this.#routes[index]?.value;
  }

  has(prefixText: string): boolean {
    return this.#indexes.has(canonicalPrefix(prefixText));
  }

  /** The longest prefix that contains the address. */
  lookup(address: string): RouteMatch<Value> | undefined {
    const { calls, key } = this.#open();
    return this.#routeAt(calls.lookup(TABLE_ROUTES, writeAddress(key, canonicalAddress(address))));
  }

  /** `lookup` of each, in few crossings into the module. */
  lookupAll(addresses: Iterable<string>): (RouteMatch<Value> | undefined)[] {
    const canonical = Array.from(addresses, canonicalAddress);
    const found: (RouteMatch<Value> | undefined)[] = new Array(canonical.length);
    for (const family of [4, 6]) {
      const { lookupKeys, lookupValues, calls } = this.#open();
      let batch: number[] = [];
      const flush = () => {
        calls.lookupBatch(TABLE_ROUTES, family, batch.length);
        for (const [i, at] of batch.entries()) found[at] = this.#routeAt(lookupValues[i]!);
        batch = [];
      };
      for (const [at, address] of canonical.entries()) {
        if (address.includes(':') !== (family === 6)) continue;
        writeAddress(lookupKeys, address, batch.length * KEY_BYTES);
        batch.push(at);
        if (batch.length === LOOKUP_BATCH) flush();
      }
      flush();
    }
    return found;
  }

  #routeAt(index: number): RouteMatch<Value> | undefined {
    return index === MISS ? undefined : this.#routes[index];
  }

  /** In order of insertion. */
  *entries(): IterableIterator<[IpPrefix, Value]> {
    for (const [prefix, index] of this.#indexes) yield [prefix, this.#routes[index]!.value];
  }

  [Symbol.iterator](): IterableIterator<[IpPrefix, Value]> {
    return this.entries();
  }

  clear(): void {
    this.#open().calls.clear(TABLE_ROUTES);
    this.#indexes.clear();
    this.#routes.length = 0;
    this.#freeIndexes.length = 0;
  }

  #open(): Dataplane {
    if (this.#module === undefined) throw new TypeError('route table: used after it was disposed of');
    return this.#module;
  }

  /** Lets go of the module's memory. */
  [Symbol.dispose](): void {
    this.#module = undefined;
    this.#indexes.clear();
    this.#routes.length = 0;
  }
}
