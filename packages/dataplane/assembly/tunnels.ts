/**
 * Tunnels (prefix -> endpoint and port) and endpoints (a remote VTEP's outer address and its counters). An endpoint
 * lives as long as some tunnel leads to it.
 */
import {
  ABSENT,
  AREA_ENDPOINTS,
  DONE,
  ENDPOINT_ADDRESS,
  ENDPOINT_BYTES,
  ENDPOINT_NEXT_FREE,
  ENDPOINT_TUNNELS,
  FULL,
  TABLE_ENDPOINTS,
  TABLE_ROUTES,
} from '../src/layout';
import { loadWord } from './key';
import { areaStart, endpointLimit, tableLimit } from './memory';
import { clearTable, deletePrefix, findNode, insertPrefix, lookupNode, tableSize, valueOf } from './trie';

/** Endpoints 0…used-1 have been in use at some time; `free` is an index + 1. */
let used: u32 = 0;
let free: u32 = 0;

// @ts-ignore: decorator
@inline
export function endpointAt(index: u32): usize {
  return areaStart(AREA_ENDPOINTS) + <usize>index * ENDPOINT_BYTES;
}

/** How many endpoint records to look at, in use or not. */
export function endpointsUsed(): u32 {
  return used;
}

/** The index of the endpoint with the mapped address at `address`; -1 if there is none. */
// @ts-ignore: decorator
@inline
export function endpointOf(address: usize): i32 {
  const node = lookupNode(TABLE_ENDPOINTS, 6, loadWord(address), loadWord(address + 8));
  return node == 0 ? -1 : <i32>valueOf(node);
}

function takeIndex(): u32 {
  if (free == 0) {
    if (used >= endpointLimit) unreachable();
    return used++;
  }
  const index = free - 1;
  free = load<u32>(endpointAt(index), ENDPOINT_NEXT_FREE);
  return index;
}

function makeEndpoint(address: usize): u32 {
  const index = takeIndex();
  const endpoint = endpointAt(index);
  memory.fill(endpoint, 0, ENDPOINT_BYTES);
  memory.copy(endpoint + ENDPOINT_ADDRESS, address, 16);
  insertPrefix(TABLE_ENDPOINTS, 6, loadWord(address), loadWord(address + 8), 128, index);
  return index;
}

function holdEndpoint(address: usize): u32 {
  const known = endpointOf(address);
  const index = known >= 0 ? <u32>known : makeEndpoint(address);
  const endpoint = endpointAt(index);
  store<u32>(endpoint, load<u32>(endpoint, ENDPOINT_TUNNELS) + 1, ENDPOINT_TUNNELS);
  return index;
}

function dropEndpoint(index: u32): void {
  const endpoint = endpointAt(index);
  const tunnels = load<u32>(endpoint, ENDPOINT_TUNNELS) - 1;
  store<u32>(endpoint, tunnels, ENDPOINT_TUNNELS);
  if (tunnels != 0) return;
  const address = endpoint + ENDPOINT_ADDRESS;
  deletePrefix(TABLE_ENDPOINTS, 6, loadWord(address), loadWord(address + 8), 128);
  store<u32>(endpoint, free, ENDPOINT_NEXT_FREE);
  free = index + 1;
}

/** Leads a prefix to the mapped address at `address`: DONE, or FULL with nothing changed. */
export function replaceTunnel(family: i32, high: u64, low: u64, length: u32, address: usize, port: u32): i32 {
  const present = findNode(TABLE_ROUTES, family, high, low, length);
  if (present == 0 && tableSize(TABLE_ROUTES) >= tableLimit(TABLE_ROUTES)) return FULL;
  const previous = present == 0 ? 0 : valueOf(present);
  // Held before the old one is dropped: where they are the same, its counters go on.
  const index = holdEndpoint(address);
  insertPrefix(TABLE_ROUTES, family, high, low, length, (index << 16) | (port & 0xffff));
  if (present != 0) dropEndpoint(previous >> 16);
  return DONE;
}

export function removeTunnel(family: i32, high: u64, low: u64, length: u32): i32 {
  const node = findNode(TABLE_ROUTES, family, high, low, length);
  if (node == 0) return ABSENT;
  const index = valueOf(node) >> 16;
  deletePrefix(TABLE_ROUTES, family, high, low, length);
  dropEndpoint(index);
  return DONE;
}

export function removeAllTunnels(): void {
  clearTable(TABLE_ROUTES);
  clearTable(TABLE_ENDPOINTS);
  for (let index: u32 = 0; index < used; index++) store<u32>(endpointAt(index), 0, ENDPOINT_TUNNELS);
  used = 0;
  free = 0;
}
