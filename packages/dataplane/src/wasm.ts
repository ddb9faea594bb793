/**
 * The one typed gate to the module: nothing else instantiates it or touches its exports.
 */
import { compiledModule } from '#compiled-module';
import * as layout from './layout.js';

/** What the module exports, besides `memory`. Numbers are i32; keys and addresses go through `key`. */
export interface DataplaneExports {
  create(slots: number, slotBytes: number, capacity: number, flows: number): number;
  area(id: number): number;
  insert(family: number, length: number, value: number, seen: 0 | 1): number;
  derive(): number;
  remove(family: number, length: number): number;
  clear(): void;
  size(): number;
  find(family: number, length: number): number;
  match(family: number, address: number): number;
  list(family: number, length: number, shared: number): number;
  covering(family: number): number;
  lookup4(address: number): number;
  lookup6(): number;
  lookupBatch(family: number, count: number): void;
  addMember(table: number, family: number, length: number): number;
  clearMembers(table: number): void;
  configure(kind: number, vni: number): void;
  setTunnel(family: number, length: number, port: number): number;
  deleteTunnel(family: number, length: number): number;
  endpointCount(): number;
  coalesce(kinds: number): void;
  encap(count: number, now: number): number;
  decap(count: number, now: number): number;
  endFlows(before: number): number;
  unreachable(count: number, most: number): number;
}

export interface Capacities {
  /** Slots in each direction; 0 for a module that only looks up. */
  readonly slots: number;
  readonly slotBytes: number;
  /** Prefixes of the route table, or tunnels. */
  readonly capacity: number;
  /** 0, or a power of two from FLOW_WAYS on. */
  readonly flows?: number;
}

/** An instance of the module, laid out, and views of its memory. */
export class Dataplane {
  readonly calls: DataplaneExports;
  readonly capacity: number;
  readonly #memory: WebAssembly.Memory;
  key!: Uint8Array;
  /** One area, as IPv6 addresses and as IPv4 addresses. */
  lookupKeys!: Uint8Array;
  lookupAddresses!: Uint32Array;
  lookupValues!: Uint32Array;
  lookupLengths!: Uint8Array;
  counters!: BigUint64Array;

  constructor(
    exports: Readonly<Record<string, unknown>>,
    { slots, slotBytes, capacity, flows = 0 }: Capacities,
  ) {
    const { memory, ...calls } = exports;
    this.calls = calls as unknown as DataplaneExports;
    this.#memory = memory as WebAssembly.Memory;
    this.capacity = capacity;
    if (this.calls.create(slots, slotBytes, capacity, flows) !== 1) {
      const kept = flows > 0 ? ` and ${flows} flows` : '';
      throw new RangeError(
        `no memory for ${slots} slots of ${slotBytes} bytes and ${capacity} prefixes${kept}`,
      );
    }
    this.retakeViews();
  }

  get buffer(): ArrayBuffer {
    return this.#memory.buffer;
  }

  /** Where an area of layout.ts begins. */
  areaOffset(id: number): number {
    return this.calls.area(id) >>> 0;
  }

  /** After anything that may have grown the memory, which detaches its old buffer. A forwarder's never grows. */
  retakeViews(): void {
    if (this.key !== undefined && this.key.length > 0) return;
    const { buffer } = this;
    const at = (id: number) => this.areaOffset(id);
    this.key = new Uint8Array(buffer, at(layout.AREA_KEY), layout.KEY_AREA_BYTES);
    this.lookupKeys = new Uint8Array(
      buffer,
      at(layout.AREA_LOOKUP_KEYS),
      layout.LOOKUP_BATCH * layout.KEY_BYTES,
    );
    this.lookupAddresses = new Uint32Array(buffer, at(layout.AREA_LOOKUP_KEYS), layout.LOOKUP_BATCH);
    this.lookupValues = new Uint32Array(buffer, at(layout.AREA_LOOKUP_VALUES), layout.LOOKUP_BATCH);
    this.lookupLengths = new Uint8Array(buffer, at(layout.AREA_LOOKUP_LENGTHS), layout.LOOKUP_BATCH);
    this.counters = new BigUint64Array(buffer, at(layout.AREA_COUNTERS), layout.VERDICT_COUNT);
  }
}

/**
 * A `WebAssembly.Module` of `@podlan/dataplane/dataplane.wasm`, or a promise of one. Its type is this wide so that
 * projects whose `lib` knows no WebAssembly can use these declarations.
 */
export type ModuleSource = object | PromiseLike<object>;

/** A fresh instance with memory for `capacities`. RangeError where there is no such memory. */
export async function createDataplane(
  capacities: Capacities,
  module: ModuleSource = compiledModule(),
): Promise<Dataplane> {
  const { exports } = await WebAssembly.instantiate(requireModule(await module), {});
  return new Dataplane(exports, capacities);
}

function requireModule(module: object): WebAssembly.Module {
  // Not instanceof, which a module from another realm fails.
  const kind = Object.prototype.toString.call(module);
  if (kind === '[object WebAssembly.Module]') return module as WebAssembly.Module;
  throw new TypeError(`module: expected a WebAssembly.Module, got ${kind}`);
}
