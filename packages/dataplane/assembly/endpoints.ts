/**
 * Endpoints: a remote VTEP's outer address and its counters, found by that address. An endpoint lives as long as some
 * tunnel leads to it. The index is open addressing: a chain of taken places from where an address hashes to.
 */
import {
  AREA_ENDPOINTS,
  AREA_ENDPOINT_INDEX,
  ENDPOINT_ADDRESS,
  ENDPOINT_BYTES,
  ENDPOINT_NEXT_FREE,
  ENDPOINT_TUNNELS,
} from '../src/layout';
import { areaStart, endpointLimit, endpointPlaces, endpointShift } from './memory';

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

/** Where the place lies that holds an endpoint's index + 1, or 0. */
// @ts-ignore: decorator
@inline
function placeAt(place: u32): usize {
  return areaStart(AREA_ENDPOINT_INDEX) + (<usize>place << 2);
}

/** Multiplicative hashing: the first bits of a product with 2^64 divided by the golden ratio (Knuth, volume 3, 6.4). */
// @ts-ignore: decorator
@inline
function homeOf(address: usize): u32 {
  return <u32>((load<u64>(address) ^ load<u64>(address, 8)) * 0x9e3779b97f4a7c15 >> endpointShift);
}

// @ts-ignore: decorator
@inline
export function sameAddress(one: usize, other: usize): bool {
  return !v128.any_true(v128.xor(v128.load(one), v128.load(other)));
}

/** The place of the endpoint with the mapped address at `address`, or the empty one where it would be. */
// @ts-ignore: decorator
@inline
function placeOf(address: usize): u32 {
  let place = homeOf(address);
  let held = load<u32>(placeAt(place));
  while (held != 0 && !sameAddress(endpointAt(held - 1) + ENDPOINT_ADDRESS, address)) {
    place = (place + 1) & (endpointPlaces - 1);
    held = load<u32>(placeAt(place));
  }
  return place;
}

/** The index of the endpoint with the mapped address at `address`; -1 if there is none. */
// @ts-ignore: decorator
@inline
export function endpointOf(address: usize): i32 {
  return <i32>load<u32>(placeAt(placeOf(address))) - 1;
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
  store<u32>(placeAt(placeOf(address)), index + 1);
  memory.fill(endpoint, 0, ENDPOINT_BYTES);
  memory.copy(endpoint + ENDPOINT_ADDRESS, address, 16);
  return index;
}

/** The endpoint's index; one tunnel more leads to it. */
export function holdEndpoint(address: usize): u32 {
  const known = endpointOf(address);
  const index = known >= 0 ? <u32>known : makeEndpoint(address);
  const endpoint = endpointAt(index);
  store<u32>(endpoint, load<u32>(endpoint, ENDPOINT_TUNNELS) + 1, ENDPOINT_TUNNELS);
  return index;
}

/** Moves later ones of the chain up, so that none is cut off from where it hashes to (Knuth, volume 3, 6.4, R). */
function emptyPlace(place: u32): void {
  const mask = endpointPlaces - 1;
  let hole = place;
  for (let next = (hole + 1) & mask; ; next = (next + 1) & mask) {
    const held = load<u32>(placeAt(next));
    if (held == 0) break;
    const home = homeOf(endpointAt(held - 1) + ENDPOINT_ADDRESS);
    if (((next - home) & mask) < ((next - hole) & mask)) continue;
    store<u32>(placeAt(hole), held);
    hole = next;
  }
  store<u32>(placeAt(hole), 0);
}

/** One tunnel less leads to it. */
export function dropEndpoint(index: u32): void {
  const endpoint = endpointAt(index);
  const tunnels = load<u32>(endpoint, ENDPOINT_TUNNELS) - 1;
  store<u32>(endpoint, tunnels, ENDPOINT_TUNNELS);
  if (tunnels != 0) return;
  emptyPlace(placeOf(endpoint + ENDPOINT_ADDRESS));
  store<u32>(endpoint, free, ENDPOINT_NEXT_FREE);
  free = index + 1;
}

export function clearEndpoints(): void {
  for (let index: u32 = 0; index < used; index++) store<u32>(endpointAt(index), 0, ENDPOINT_TUNNELS);
  memory.fill(placeAt(0), 0, endpointPlaces << 2);
  used = 0;
  free = 0;
}
