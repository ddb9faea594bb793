/** The module's exports. They take and return numbers only; keys and addresses lie in AREA_KEY. */
import {
  AREAS,
  AREA_KEY,
  AREA_LOOKUP_KEYS,
  AREA_LOOKUP_VALUES,
  AREA_RX,
  AREA_TX,
  DONE,
  FULL,
  KIND_UDP,
  KEY_SECOND,
  LOOKUP_BATCH,
  MISS,
  TABLE_ROUTES,
} from '../src/layout';
import { setCoalescing } from './coalesce';
import { decapSlots } from './decap';
import { encapSlots } from './encap';
import { endpointsUsed } from './endpoints';
import { endFlowsBefore, setClock } from './flow-table';
import { lookupAddress4, lookupKey, valueOf } from './fib';
import { lookupAddresses4, lookupAddresses6 } from './fib-batch';
import { loadWord } from './key';
import { listAfter, listCovering } from './listing';
import { setKind } from './kind';
import { areaStart, layOut, slotCount, tableLimit } from './memory';
import { clearLeaves, findLeaf, matchKey, matchedLength, putLeaf, tableSize } from './rib';
import { deriveRoutes, putRoute, putRouteUnseen, removeRoute } from './routes';
import { placeArrays } from './slots';
import { removeAllTunnels, removeTunnel, replaceTunnel } from './tunnels';
import { answerSlots, setAddress } from './unreachable';
import { setIdentity } from './vxlan';

// @ts-ignore: decorator
@inline
function high(): u64 {
  return loadWord(areaStart(AREA_KEY));
}

// @ts-ignore: decorator
@inline
function low(): u64 {
  return loadWord(areaStart(AREA_KEY) + 8);
}

/**
 * Once, before anything else; of flows none, or a power of two from FLOW_WAYS on. 0: there is no such memory, and the
 * instance is of no use.
 */
export function create(slots: i32, slotBytes: i32, capacity: i32, flows: i32): i32 {
  placeArrays(AREA_TX);
  placeArrays(AREA_RX);
  return layOut(slots, slotBytes, capacity, flows) ? 1 : 0;
}

export function area(id: i32): usize {
  return id >= 0 && id < AREAS ? areaStart(id) : 0;
}

// ---- routes: the prefix, or the address, lies in AREA_KEY

/** Adds or replaces: DONE or FULL. Not `seen`, for many at once: addresses are looked up as before until `derive`. */
export function insert(family: i32, length: i32, value: i32, seen: i32): i32 {
  if (seen != 0) return putRoute(family, high(), low(), length, value);
  return putRouteUnseen(family, high(), low(), length, value);
}

export function derive(): i32 {
  return deriveRoutes();
}

/** DONE, ABSENT or FULL. */
export function remove(family: i32, length: i32): i32 {
  return removeRoute(family, high(), low(), length);
}

/** Routes or tunnels. */
export function clear(): void {
  removeAllTunnels();
}

export function size(): i32 {
  return tableSize(TABLE_ROUTES);
}

/** The value of exactly this prefix, or MISS. */
export function find(family: i32, length: i32): i32 {
  return valueOf(findLeaf(TABLE_ROUTES, family, high(), low(), length));
}

/**
 * The length of the longest prefix of an address, its value at the beginning of AREA_LOOKUP_VALUES; or MISS. An IPv4
 * address is the number given.
 */
export function match(family: i32, address: i32): i32 {
  const leaf = family == 4
    ? matchKey(TABLE_ROUTES, 4, <u64>(<u32>address) << 32, 0)
    : matchKey(TABLE_ROUTES, 6, high(), low());
  store<u32>(areaStart(AREA_LOOKUP_VALUES), valueOf(leaf));
  return leaf == 0 ? MISS : <i32>matchedLength;
}

/** Lists the prefixes that follow this one, or with length -1 the first ones, as listing.ts says. */
export function list(family: i32, length: i32, shared: i32): i32 {
  return listAfter(TABLE_ROUTES, family, high(), low(), length, shared);
}

/** Lists the prefixes that contain the address. */
export function covering(family: i32): i32 {
  return listCovering(TABLE_ROUTES, family, high(), low());
}

/** The value for an IPv4 address; MISS where no prefix contains it. */
export function lookup4(address: i32): i32 {
  return lookupAddress4(address);
}

/** As `lookup4`, for the IPv6 address in AREA_KEY. */
export function lookup6(): i32 {
  return lookupKey(6, high(), low());
}

/**
 * Looks the first `count` addresses of AREA_LOOKUP_KEYS up, u32 in host order or 16 bytes in network order; the values
 * are in AREA_LOOKUP_VALUES.
 */
export function lookupBatch(family: i32, count: i32): void {
  const addresses = areaStart(AREA_LOOKUP_KEYS);
  const values = areaStart(AREA_LOOKUP_VALUES);
  const known = min(<u32>count, LOOKUP_BATCH);
  if (family == 4) lookupAddresses4(addresses, values, known);
  else lookupAddresses6(addresses, values, known);
}

// ---- the forwarder

/** Adds to TABLE_NETWORKS or TABLE_SUBNETS: DONE or FULL. */
export function addMember(table: i32, family: i32, length: i32): i32 {
  if (findLeaf(table, family, high(), low(), length) != 0) return DONE;
  if (tableSize(table) >= tableLimit(table)) return FULL;
  putLeaf(table, family, high(), low(), length, 1);
  return DONE;
}

export function clearMembers(table: i32): void {
  clearLeaves(table, () => {});
}

/** In AREA_KEY lies the MAC, of KIND_UDP the IPv4 address. */
export function configure(kind: i32, vni: i32): void {
  setKind(kind);
  if (kind == KIND_UDP) setAddress(areaStart(AREA_KEY));
  else setIdentity(vni, areaStart(AREA_KEY));
}

/** The prefix lies in AREA_KEY, the endpoint's mapped address at KEY_SECOND. */
export function setTunnel(family: i32, length: i32, port: i32): i32 {
  return replaceTunnel(family, high(), low(), length, areaStart(AREA_KEY) + KEY_SECOND, port);
}

export function deleteTunnel(family: i32, length: i32): i32 {
  return removeTunnel(family, high(), low(), length);
}

export function endpointCount(): i32 {
  return endpointsUsed();
}

/** What `decap` merges into super-packets from now on: COALESCE_… bits. */
export function coalesce(kinds: i32): void {
  setCoalescing(kinds);
}

/** `now`: for the flows. */
export function encap(count: i32, now: f64): i32 {
  setClock(now);
  return encapSlots(min(<u32>count, slotCount));
}

export function decap(count: i32, now: f64): i32 {
  setClock(now);
  return decapSlots(min(<u32>count, slotCount));
}

/** Ends the flows that were last seen before a time, as far as there is room for them: AREA_FLOWS_ENDED. Returns how many. */
export function endFlows(before: f64): i32 {
  return endFlowsBefore(before);
}

/** After `encap(count)`: at most `most` ICMP errors for packets without a tunnel, in AREA_FRAMES. Returns how many. */
export function unreachable(count: i32, most: i32): i32 {
  return answerSlots(min(<u32>count, slotCount), most);
}
