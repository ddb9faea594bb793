/** The module's exports. They take and return numbers only; keys and addresses lie in AREA_KEY. */
import {
  AREAS,
  AREA_KEY,
  AREA_LOOKUP_KEYS,
  AREA_LOOKUP_VALUES,
  KEY_BYTES,
  KEY_SECOND,
  LOOKUP_BATCH,
  MISS,
} from '../src/layout';
import { decapSlots } from './decap';
import { encapSlots } from './encap';
import { loadWord } from './key';
import { areaStart, layOut, slotCount } from './memory';
import { clearTable, deletePrefix, insertPrefix, lookupNode, tableSize, valueOf } from './trie';
import { endpointsUsed, removeAllTunnels, removeTunnel, replaceTunnel } from './tunnels';
import { setIdentity } from './vxlan';

function lookupAt(table: i32, family: i32, key: usize): i32 {
  const node = lookupNode(table, family, loadWord(key), loadWord(key + 8));
  return node == 0 ? MISS : <i32>valueOf(node);
}

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

/** Once, before anything else. 0: there is no such memory, and the instance is of no use. */
export function create(slots: i32, slotBytes: i32, capacity: i32): i32 {
  return layOut(slots, slotBytes, capacity) ? 1 : 0;
}

export function area(id: i32): usize {
  return id >= 0 && id < AREAS ? areaStart(id) : 0;
}

export function insert(table: i32, family: i32, length: i32, value: i32): i32 {
  return insertPrefix(table, family, high(), low(), length, value);
}

export function remove(table: i32, family: i32, length: i32): i32 {
  return deletePrefix(table, family, high(), low(), length);
}

export function lookup(table: i32, family: i32): i32 {
  return lookupAt(table, family, areaStart(AREA_KEY));
}

/** Looks the first `count` keys of AREA_LOOKUP_KEYS up; the values are in AREA_LOOKUP_VALUES. */
export function lookupBatch(table: i32, family: i32, count: i32): void {
  const keys = areaStart(AREA_LOOKUP_KEYS);
  const values = areaStart(AREA_LOOKUP_VALUES);
  const last = min(count, LOOKUP_BATCH);
  for (let i = 0; i < last; i++) {
    store<i32>(values + (<usize>i << 2), lookupAt(table, family, keys + <usize>i * KEY_BYTES));
  }
}

export function size(table: i32): i32 {
  return tableSize(table);
}

export function clear(table: i32): void {
  clearTable(table);
}

/** The MAC lies in AREA_KEY. */
export function configure(vni: i32): void {
  setIdentity(vni, areaStart(AREA_KEY));
}

/** The prefix lies in AREA_KEY, the endpoint's mapped address at KEY_SECOND. */
export function setTunnel(family: i32, length: i32, port: i32): i32 {
  return replaceTunnel(family, high(), low(), length, areaStart(AREA_KEY) + KEY_SECOND, port);
}

export function deleteTunnel(family: i32, length: i32): i32 {
  return removeTunnel(family, high(), low(), length);
}

export function clearTunnels(): void {
  removeAllTunnels();
}

export function endpointCount(): i32 {
  return endpointsUsed();
}

export function encap(count: i32): i32 {
  return encapSlots(min(<u32>count, slotCount));
}

export function decap(count: i32): i32 {
  return decapSlots(min(<u32>count, slotCount));
}
