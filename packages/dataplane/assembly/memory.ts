/**
 * The memory map: areas one after the other from the end of the static data, each on a cache line of its own, all
 * sized by the capacities given to `create`. The tables' heap (heap.ts) follows.
 */
import {
  AREAS,
  AREA_ANSWERS,
  AREA_COUNTERS,
  AREA_DIRECT4,
  AREA_DIRECT6,
  AREA_ENDPOINTS,
  AREA_ENDPOINT_INDEX,
  AREA_FLOWS,
  AREA_FLOWS_ENDED,
  AREA_FLOW_COUNTERS,
  AREA_FLOW_TAGS,
  AREA_FRAMES,
  AREA_KEY,
  AREA_LOOKUP_KEYS,
  AREA_LOOKUP_LENGTHS,
  AREA_LOOKUP_VALUES,
  AREA_PIECES,
  AREA_ROOTS,
  AREA_RX,
  AREA_SLOTS,
  AREA_TUNNELS,
  AREA_TX,
  ENDPOINT_BYTES,
  FLOW_BYTES,
  FLOW_COUNTERS,
  FRAME_BYTES,
  KEY_AREA_BYTES,
  KEY_BYTES,
  LOOKUP_BATCH,
  MAX_FLOWS,
  MAX_NETWORKS,
  MAX_SLOTS,
  LONGEST_PATH_BYTES,
  MAX_TRAIN,
  PIECE_BYTES,
  TABLES,
  TABLE_NETWORKS,
  TABLE_ROUTES,
  TABLE_SUBNETS,
  TUNNEL_BYTES,
  VERDICT_COUNT,
} from '../src/layout';
import { answers } from './answers';
import { directOf } from './fib';
import { startHeap } from './heap';
import { roots } from './rib';

const LINE_BYTES: u64 = 64;

const areas = memory.data(AREAS * 4);
const limits = memory.data(TABLES * 4);

let top: u64 = 0;
export let slotCount: u32 = 0;
export let slotBytes: u32 = 0;
export let endpointLimit: u32 = 0;
/** A power of two, at least twice as many as endpoints. */
export let endpointPlaces: u32 = 0;
/** Leaves as many bits of 64 as it takes to count these places. */
export let endpointShift: u64 = 0;

/** Flows there are places for: 0, or a power of two. */
export let flowPlaces: u32 = 0;

/** Where an area begins. */
// @ts-ignore: decorator
@inline
export function areaStart(id: i32): usize {
  return load<u32>(areas + (<usize>id << 2));
}

/** How many prefixes a table takes. */
export function tableLimit(table: i32): u32 {
  return load<u32>(limits + (<usize>table << 2));
}

function setLimit(table: i32, limit: u32): void {
  store<u32>(limits + (<usize>table << 2), limit);
}

function reserve(bytes: u64): usize {
  const start = top;
  top += (bytes + LINE_BYTES - 1) & ~(LINE_BYTES - 1);
  return <usize>start;
}

export function setArea(id: i32, start: usize): void {
  store<u32>(areas + (<usize>id << 2), <u32>start);
}

function reserveArea(id: i32, bytes: u64): void {
  setArea(id, reserve(bytes));
}

function setLimits(capacity: u32, forwards: bool): void {
  setLimit(TABLE_ROUTES, capacity);
  // One more than there can be tunnels: a tunnel moves to its new endpoint before it leaves its old one.
  endpointLimit = forwards ? capacity + 1 : 0;
  endpointPlaces = forwards ? <u32>1 << (33 - <u32>clz(endpointLimit)) : 0;
  endpointShift = 31 + <u64>clz(endpointLimit);
  setLimit(TABLE_NETWORKS, forwards ? MAX_NETWORKS : 0);
  setLimit(TABLE_SUBNETS, forwards ? MAX_NETWORKS : 0);
}

/**
 * What a forwarder's tables can need at most: for each prefix a path of its own, three times over
 * while a change is made (routes.ts).
 */
function heapBytes(capacity: u32): u64 {
  const paths: u64 = <u64>capacity + 2 * MAX_NETWORKS;
  return paths * LONGEST_PATH_BYTES;
}

/** `places`: 0, or a power of two from FLOW_WAYS on. */
function layOutFlows(places: u32): void {
  flowPlaces = places;
  reserveArea(AREA_FLOWS, <u64>places * FLOW_BYTES);
  reserveArea(AREA_FLOW_TAGS, <u64>places * 2);
  reserveArea(AREA_FLOWS_ENDED, <u64>places * FLOW_BYTES);
  reserveArea(AREA_FLOW_COUNTERS, FLOW_COUNTERS * 8);
}

/**
 * Lays memory out for `slots` slots of `bytes` in each direction, `capacity` prefixes and `flows` flows. False: no such
 * memory.
 */
export function layOut(slots: u32, bytes: u32, capacity: u32, flows: u32): bool {
  if (slots > <u32>MAX_SLOTS || flows > <u32>MAX_FLOWS) return false;
  slotCount = slots;
  slotBytes = bytes;
  top = (<u64>__heap_base + LINE_BYTES - 1) & ~(LINE_BYTES - 1);
  setLimits(capacity, slots > 0);
  setArea(AREA_DIRECT4, directOf(4));
  setArea(AREA_DIRECT6, directOf(6));
  setArea(AREA_ANSWERS, answers);
  setArea(AREA_ROOTS, roots);
  reserveArea(AREA_KEY, KEY_AREA_BYTES);
  reserveArea(AREA_LOOKUP_KEYS, LOOKUP_BATCH * KEY_BYTES);
  reserveArea(AREA_LOOKUP_VALUES, LOOKUP_BATCH * 4);
  reserveArea(AREA_LOOKUP_LENGTHS, LOOKUP_BATCH);
  reserveArea(AREA_COUNTERS, VERDICT_COUNT * 8);
  reserveArea(AREA_ENDPOINTS, <u64>endpointLimit * ENDPOINT_BYTES);
  reserveArea(AREA_ENDPOINT_INDEX, <u64>endpointPlaces * 4);
  reserveArea(AREA_TUNNELS, slots > 0 ? <u64>capacity * TUNNEL_BYTES : 0);
  layOutFlows(flows);
  reserveArea(AREA_TX + AREA_SLOTS, <u64>slots * bytes);
  reserveArea(AREA_RX + AREA_SLOTS, <u64>slots * bytes);
  reserveArea(AREA_PIECES, <u64>slots * MAX_TRAIN * PIECE_BYTES);
  // One more: where the last frame's pieces end.
  reserveArea(AREA_FRAMES, (<u64>slots * MAX_TRAIN + 1) * FRAME_BYTES);
  // What packets lie in must not move; a table alone may grow.
  return startHeap(top, slots > 0 ? heapBytes(capacity) : 0, slots == 0);
}
