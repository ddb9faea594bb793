/** Tunnels: what a route's value leads to in a forwarder, an endpoint and its UDP port. */
import {
  ABSENT,
  AREA_TUNNELS,
  DONE,
  FULL,
  MISS,
  TABLE_NETWORKS,
  TABLE_ROUTES,
  TABLE_SUBNETS,
  TUNNEL_ADDRESS,
  TUNNEL_BYTES,
  TUNNEL_ENDPOINT,
  TUNNEL_PLAIN,
  TUNNEL_PORT,
} from '../src/layout';
import { clearEndpoints, dropEndpoint, holdEndpoint } from './endpoints';
import { valueOf } from './fib';
import { listAfter } from './listing';
import { areaStart, tableLimit } from './memory';
import { findLeaf, matchParent } from './rib';
import { clearRoutes, putRoute, removeRoute } from './routes';

/** Tunnels 0…used-1 have been in use at some time; `free` is an index + 1. */
let used: u32 = 0;
let free: u32 = 0;

// @ts-ignore: decorator
@inline
export function tunnelAt(index: u32): usize {
  return areaStart(AREA_TUNNELS) + <usize>index * TUNNEL_BYTES;
}

// @ts-ignore: decorator
@inline
export function endpointOfTunnel(tunnel: usize): u32 {
  return load<u32>(tunnel, TUNNEL_ENDPOINT);
}

// @ts-ignore: decorator
@inline
export function portOfTunnel(tunnel: usize): u16 {
  return load<u16>(tunnel, TUNNEL_PORT);
}

// @ts-ignore: decorator
@inline
export function isPlain(tunnel: usize): bool {
  return load<u8>(tunnel, TUNNEL_PLAIN) != 0;
}

/** The index of a prefix's tunnel, or MISS. */
function indexOf(family: i32, high: u64, low: u64, length: u32): u32 {
  return valueOf(findLeaf(TABLE_ROUTES, family, high, low, length));
}

/** MISS where all are in use. */
function takeIndex(): u32 {
  if (free != 0) {
    const index = free - 1;
    free = load<u32>(tunnelAt(index), TUNNEL_ENDPOINT);
    return index;
  }
  return used < tableLimit(TABLE_ROUTES) ? used++ : MISS;
}

function giveIndex(index: u32): void {
  store<u32>(tunnelAt(index), free, TUNNEL_ENDPOINT);
  free = index + 1;
}

/** Whether no source in the prefix can be ours or outside the pod networks. */
function judgePrefix(family: i32, high: u64, low: u64, length: u32): bool {
  if (matchParent(TABLE_NETWORKS, family, high, low, length + 1) == 0) return false;
  if (matchParent(TABLE_SUBNETS, family, high, low, length + 1) != 0) return false;
  return listAfter(TABLE_SUBNETS, family, high, low, length, length) == 0;
}

function setTunnel(tunnel: usize, address: usize, endpoint: u32, port: u32, plain: bool): void {
  v128.store(tunnel, v128.load(address), TUNNEL_ADDRESS);
  store<u32>(tunnel, endpoint, TUNNEL_ENDPOINT);
  store<u16>(tunnel, <u16>port, TUNNEL_PORT);
  store<u8>(tunnel, plain ? 1 : 0, TUNNEL_PLAIN);
}

/** An index for a new prefix, or MISS with nothing changed. */
function addRoute(family: i32, high: u64, low: u64, length: u32): u32 {
  const index = takeIndex();
  if (index == MISS || putRoute(family, high, low, length, index) == DONE) return index;
  giveIndex(index);
  return MISS;
}

/**
 * Leads a prefix to the mapped address at `address`: DONE, or FULL with nothing changed. Has to be done again for all
 * when the pod networks or our subnets change.
 */
export function replaceTunnel(family: i32, high: u64, low: u64, length: u32, address: usize, port: u32): i32 {
  const present = indexOf(family, high, low, length);
  const index = present == MISS ? addRoute(family, high, low, length) : present;
  if (index == MISS) return FULL;
  // Held before the old one is dropped: where they are the same, its counters go on.
  const endpoint = holdEndpoint(address);
  if (present != MISS) dropEndpoint(endpointOfTunnel(tunnelAt(index)));
  setTunnel(tunnelAt(index), address, endpoint, port, judgePrefix(family, high, low, length));
  return DONE;
}

/** DONE, ABSENT, or FULL as removeRoute. */
export function removeTunnel(family: i32, high: u64, low: u64, length: u32): i32 {
  const index = indexOf(family, high, low, length);
  if (index == MISS) return ABSENT;
  if (removeRoute(family, high, low, length) == FULL) return FULL;
  dropEndpoint(endpointOfTunnel(tunnelAt(index)));
  giveIndex(index);
  return DONE;
}

/** Those of a table of a RouteTable, too. */
export function removeAllTunnels(): void {
  clearRoutes();
  clearEndpoints();
  used = 0;
  free = 0;
}
