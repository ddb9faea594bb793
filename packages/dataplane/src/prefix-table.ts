/**
 * What both forms of the route table share: prefixes in the module, and a number for each. What the number stands for
 * is the form's own business.
 */
import { type IpPrefix, parseIpv4Number } from '@podlan/wire';
import { FULL, KEY_BYTES, LOOKUP_BATCH, MISS } from './layout.js';
import {
  type AddressInput,
  familyIn,
  lengthIn,
  type PrefixInput,
  type Shape,
  writeAddressInput,
  writePrefixInput,
} from './prefix-input.js';
import { ipv4In, prefixText, prefixText4 } from './prefix-text.js';
import type { Dataplane } from './wasm.js';

/** A prefix that contains the address, and its value. */
export interface RouteMatch<Value> {
  /** Canonical text: host bits zero, IPv6 as in RFC 5952. */
  readonly prefix: IpPrefix;
  readonly value: Value;
}

/** What `lookupBatch` answers where no prefix matches. */
export const NO_ROUTE = 0xffffffff;

/**
 * What {@link RouteTable} and {@link NumericRouteTable} have in common: all but the kind of value. Addresses and
 * prefixes are text, bytes in network order, or objects of ip-num; whatever is none throws TypeError.
 */
export abstract class PrefixTable<Value> {
  /** How many prefixes it takes. */
  readonly capacity: number;
  #module: Dataplane | undefined;

  /** @internal `create` and `from` make tables. */
  constructor(module: Dataplane) {
    this.capacity = module.capacity;
    this.#module = module;
  }

  /** The value that a number of `lookupBatch` stands for, other than NO_ROUTE. */
  abstract valueAt(number: number): Value;

  /** How many prefixes there are. */
  get size(): number {
    return this.opened().calls.size();
  }

  protected opened(): Dataplane {
    if (this.#module === undefined) throw new TypeError('route table: used after it was disposed of');
    return this.#module;
  }

  /** Writes the prefix to the key. */
  protected keyOf(prefix: PrefixInput): Shape {
    return writePrefixInput(this.opened().key, prefix);
  }

  /** The number of the prefix in the key; MISS if it is not in the table. */
  protected numberAtKey(shape: Shape): number {
    return this.opened().calls.find(familyIn(shape), lengthIn(shape));
  }

  /** Adds the prefix in the key or replaces its number. */
  protected putAtKey(shape: Shape, number: number): void {
    this.#change(({ insert }) => insert(familyIn(shape), lengthIn(shape), number, 1));
  }

  /** As `putAtKey`, for many at once: they are not looked up before `derive`. */
  protected putUnseen(shape: Shape, number: number): void {
    this.#change(({ insert }) => insert(familyIn(shape), lengthIn(shape), number, 0));
  }

  protected derive(): void {
    this.#change(({ derive }) => derive());
  }

  protected deleteAtKey(shape: Shape): void {
    this.#change(({ remove }) => remove(familyIn(shape), lengthIn(shape)));
  }

  #change(call: (calls: Dataplane['calls']) => number): void {
    const module = this.opened();
    const answer = call(module.calls);
    module.retakeViews();
    if (answer !== FULL) return;
    const { size, capacity } = this;
    throw new RangeError(
      size < capacity
        ? `route table: there is no memory for more than ${size} prefixes`
        : `route table is full: its capacity is ${capacity} prefixes`,
    );
  }

  /**
   * The value of exactly this prefix.
   * @example
   * ```ts
   * import { RouteTable } from '@podlan/dataplane';
   *
   * const routes = await RouteTable.from([['10.244.0.0/16', 'A']]);
   * routes.get('10.244.0.0/16'); // => 'A'
   * routes.get({ address: Uint8Array.of(10, 244, 0, 0), length: 16 }); // => 'A'
   * routes.get('10.244.1.0/24'); // => undefined
   * ```
   */
  get(prefix: PrefixInput): Value | undefined {
    const number = this.numberAtKey(this.keyOf(prefix));
    return number === MISS ? undefined : this.valueAt(number >>> 0);
  }

  /** Whether exactly this prefix is in the table. */
  has(prefix: PrefixInput): boolean {
    return this.numberAtKey(this.keyOf(prefix)) !== MISS;
  }

  /** The longest prefix that contains the address, with its value. */
  lookup(address: AddressInput): RouteMatch<Value> | undefined {
    const number = typeof address === 'string' ? parseIpv4Number(address) : -1;
    return number >= 0 ? this.#match4(number) : this.#matchKey(writeAddressInput(this.opened().key, address));
  }

  #match4(address: number): RouteMatch<Value> | undefined {
    const { calls, lookupValues } = this.opened();
    const length = calls.match(4, address);
    if (length === MISS) return undefined;
    return { prefix: prefixText4(address, length), value: this.valueAt(lookupValues[0]!) };
  }

  #matchKey(family: number): RouteMatch<Value> | undefined {
    const { calls, key, lookupValues } = this.opened();
    if (family === 4) return this.#match4(ipv4In(key, 0));
    const length = calls.match(6, 0);
    if (length === MISS) return undefined;
    return { prefix: prefixText(key, 0, family, length), value: this.valueAt(lookupValues[0]!) };
  }

  /**
   * The value of the longest prefix that contains the address: quicker than `lookup`, which finds the prefix too, and
   * quickest for an IPv4 address as a number in host order.
   */
  lookupValue(address: number | AddressInput): Value | undefined {
    const number =
      typeof address === 'number' ? this.opened().calls.lookup4(address) : this.#numberFor(address);
    return number === MISS ? undefined : this.valueAt(number >>> 0);
  }

  #numberFor(address: AddressInput): number {
    const { calls, key } = this.opened();
    const number = typeof address === 'string' ? parseIpv4Number(address) : -1;
    if (number >= 0) return calls.lookup4(number);
    return writeAddressInput(key, address) === 4 ? calls.lookup4(ipv4In(key, 0)) : calls.lookup6();
  }

  /** Every prefix that contains the address, shortest first. */
  lookupAll(address: AddressInput): RouteMatch<Value>[] {
    const { calls, key } = this.opened();
    const family = writeAddressInput(key, address);
    return this.#listed(family, calls.covering(family));
  }

  /**
   * The numbers (see `valueAt`) for IPv4 addresses in host order, NO_ROUTE where there is none, into `out`, which is
   * returned. This is the quickest way, from some 64 addresses on. Throws RangeError where `out` is shorter than
   * `addresses`.
   * @example
   * ```ts
   * import { RouteTable } from '@podlan/dataplane';
   *
   * const routes = await RouteTable.from([['10.244.1.0/24', 'A'], ['10.244.2.0/24', 'B']]);
   * const addresses = Uint32Array.of(0x0a_f4_02_07, 0x0a_f4_01_05); // 10.244.2.7, 10.244.1.5
   * const numbers = routes.lookupBatch(addresses, new Uint32Array(2));
   * Array.from(numbers, (number) => routes.valueAt(number)); // => ['B', 'A']
   * ```
   */
  lookupBatch(addresses: Uint32Array, out: Uint32Array): Uint32Array {
    const { lookupAddresses } = this.opened();
    return this.#batch(4, addresses, addresses.length, 1, lookupAddresses, out);
  }

  /**
   * As `lookupBatch`, for IPv6 addresses of 16 bytes each, in network order. Throws RangeError also where `addresses`
   * ends within one.
   * @example
   * ```ts
   * import { NO_ROUTE, NumericRouteTable } from '@podlan/dataplane';
   * import { ipToBytes, parseIpAddress } from '@podlan/wire';
   *
   * const table = await NumericRouteTable.from([['fd00:244::/48', 6]]);
   * const addresses = new Uint8Array(32); // the second one is ::
   * addresses.set(ipToBytes(parseIpAddress('fd00:244::1')!));
   * table.lookupBatch6(addresses, new Uint32Array(2)); // => Uint32Array.of(6, NO_ROUTE)
   * ```
   */
  lookupBatch6(addresses: Uint8Array, out: Uint32Array): Uint32Array {
    const { lookupKeys } = this.opened();
    return this.#batch(6, addresses, addresses.length / KEY_BYTES, KEY_BYTES, lookupKeys, out);
  }

  #batch<Words extends Uint32Array | Uint8Array>(
    family: number,
    addresses: Words,
    count: number,
    width: number,
    into: Words,
    out: Uint32Array,
  ): Uint32Array {
    if (!Number.isInteger(count))
      throw new RangeError(`addresses: expected 16 bytes each, got ${addresses.length}`);
    if (out.length < count)
      throw new RangeError(`out: expected room for ${count} numbers, got ${out.length}`);
    const { calls, lookupValues } = this.opened();
    for (let from = 0; from < count; from += LOOKUP_BATCH) {
      const to = Math.min(count, from + LOOKUP_BATCH);
      into.set(addresses.subarray(from * width, to * width));
      calls.lookupBatch(family, to - from);
      out.set(to - from === LOOKUP_BATCH ? lookupValues : lookupValues.subarray(0, to - from), from);
    }
    return out;
  }

  /**
   * Every prefix within this one, itself if it is in the table, in order of address, shorter before longer.
   * @example
   * ```ts
   * import { RouteTable } from '@podlan/dataplane';
   *
   * const routes = await RouteTable.from([['10.244.2.0/24', 'B'], ['10.244.1.0/24', 'A'], ['10.9.0.0/16', 'C']]);
   * [...routes.covered('10.244.0.0/16')]; // => [['10.244.1.0/24', 'A'], ['10.244.2.0/24', 'B']]
   * ```
   */
  *covered(prefix: PrefixInput): IterableIterator<[IpPrefix, Value]> {
    const shape = this.keyOf(prefix);
    const key = this.opened().key.slice(0, KEY_BYTES);
    const number = this.numberAtKey(shape);
    const [family, length] = [familyIn(shape), lengthIn(shape)];
    if (number !== MISS) yield [prefixText(key, 0, family, length), this.valueAt(number >>> 0)];
    yield* this.#after(family, key, length, length);
  }

  /** All prefixes and their values: IPv4 before IPv6, in order of address, shorter before longer. */
  *entries(): IterableIterator<[IpPrefix, Value]> {
    for (const family of [4, 6]) yield* this.#after(family, new Uint8Array(KEY_BYTES), -1, 0);
  }

  /** As `entries`. */
  [Symbol.iterator](): IterableIterator<[IpPrefix, Value]> {
    return this.entries();
  }

  /** All prefixes that follow a given one and have its first `shared` bits. */
  *#after(
    family: number,
    key: Uint8Array,
    length: number,
    shared: number,
  ): IterableIterator<[IpPrefix, Value]> {
    let from = key;
    let after = length;
    let count = LOOKUP_BATCH;
    while (count === LOOKUP_BATCH) {
      const module = this.opened();
      module.key.set(from);
      count = module.calls.list(family, after, shared);
      const listed = this.#listed(family, count);
      from = module.lookupKeys.slice((count - 1) * KEY_BYTES, count * KEY_BYTES);
      after = module.lookupLengths[count - 1] ?? -1;
      for (const { prefix, value } of listed) yield [prefix, value];
    }
  }

  /** The first of what the module has listed. */
  #listed(family: number, count: number): RouteMatch<Value>[] {
    const { lookupKeys, lookupLengths, lookupValues } = this.opened();
    return Array.from({ length: count }, (_, at) => ({
      prefix: prefixText(lookupKeys, at * KEY_BYTES, family, lookupLengths[at]!),
      value: this.valueAt(lookupValues[at]!),
    }));
  }

  /** What `from` takes. */
  toJSON(): [IpPrefix, Value][] {
    return [...this.entries()];
  }

  /** Removes all prefixes. */
  clear(): void {
    this.opened().calls.clear();
  }

  /** Lets go of the module's memory. */
  [Symbol.dispose](): void {
    this.#module = undefined;
  }
}
