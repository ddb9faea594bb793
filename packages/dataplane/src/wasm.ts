/**
 * The one typed gate to the module: nothing else instantiates it or touches its exports. Memory is laid out in full
 * by `create`, and never grows after it, so the views taken here stay good.
 */
import { compiledModule } from '#compiled-module';
import * as layout from './layout.js';

/** What the module exports, besides `memory`. Numbers are i32; keys and addresses go through `key`. */
export interface DataplaneExports {
  create(slots: number, slotBytes: number, capacity: number): number;
  area(id: number): number;
  insert(table: number, family: number, length: number, value: number): number;
  remove(table: number, family: number, length: number): number;
  lookup(table: number, family: number): number;
  lookupBatch(table: number, family: number, count: number): void;
  size(table: number): number;
  clear(table: number): void;
  configure(vni: number): void;
  setTunnel(family: number, length: number, port: number): number;
  deleteTunnel(family: number, length: number): number;
  clearTunnels(): void;
  endpointCount(): number;
  encap(count: number): number;
  decap(count: number): number;
}

export interface Capacities {
  /** Slots in each direction; 0 for a module that only looks up. */
  readonly slots: number;
  readonly slotBytes: number;
  readonly capacity: number;
}

export interface Dataplane {
  readonly calls: DataplaneExports;
  readonly buffer: ArrayBuffer;
  /** Where an area of layout.ts begins. */
  areaOffset(id: number): number;
  readonly key: Uint8Array;
  readonly lookupKeys: Uint8Array;
  readonly lookupValues: Int32Array;
  readonly counters: BigUint64Array;
}

/**
 * A `WebAssembly.Module` of `@podlan/dataplane/dataplane.wasm`, or a promise of one. Its type is this wide so that
 * projects whose `lib` knows no WebAssembly can use these declarations.
 */
export type ModuleSource = object | PromiseLike<object>;

/** A fresh module with memory for `capacities`. RangeError where there is no such memory. */
export async function createDataplane(
  { slots, slotBytes, capacity }: Capacities,
  module: ModuleSource = compiledModule(),
): Promise<Dataplane> {
  const { exports } = await WebAssembly.instantiate(requireModule(await module), {});
  const calls = exports as unknown as DataplaneExports;
  if (calls.create(slots, slotBytes, capacity) !== 1) {
    throw new RangeError(`no memory for ${slots} slots of ${slotBytes} bytes and ${capacity} prefixes`);
  }
  const { buffer } = exports.memory as WebAssembly.Memory;
  const areaOffset = (id: number) => calls.area(id) >>> 0;
  return {
    calls,
    buffer,
    areaOffset,
    key: new Uint8Array(buffer, areaOffset(layout.AREA_KEY), layout.KEY_AREA_BYTES),
    lookupKeys: new Uint8Array(
      buffer,
      areaOffset(layout.AREA_LOOKUP_KEYS),
      layout.LOOKUP_BATCH * layout.KEY_BYTES,
    ),
    lookupValues: new Int32Array(buffer, areaOffset(layout.AREA_LOOKUP_VALUES), layout.LOOKUP_BATCH),
    counters: new BigUint64Array(buffer, areaOffset(layout.AREA_COUNTERS), layout.VERDICT_COUNT),
  };
}

function requireModule(module: object): WebAssembly.Module {
  // Not instanceof, which a module from another realm fails.
  const kind = Object.prototype.toString.call(module);
  if (kind === '[object WebAssembly.Module]') return module as WebAssembly.Module;
  throw new TypeError(`module: expected a WebAssembly.Module, got ${kind}`);
}
