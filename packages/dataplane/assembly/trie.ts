/**
 * Longest-prefix match: a path-compressed binary trie per table and family, its nodes from one fixed pool.
 *
 * A node stands for a prefix. It is either in the table (has a value), or joins exactly two others; removal restores
 * that at once, so n prefixes never need more than 2n nodes and the pool cannot run out before a table's limit does.
 */
import {
  ABSENT,
  DONE,
  FULL,
  NODE_BYTES,
  NODE_CHILDREN,
  NODE_HIGH,
  NODE_IN_TABLE,
  NODE_LENGTH,
  NODE_LOW,
  NODE_VALUE,
  TABLES,
} from '../src/layout';
import { bitAt, sharedLength } from './key';
import { nodesBegin, nodesEnd, tableLimit } from './memory';

const roots = memory.data(TABLES * 2 * 4);
const sizes = memory.data(TABLES * 4);

let used: usize = 0;
let free: usize = 0;

/** Where the pointer to the root of a table's family lies. */
// @ts-ignore: decorator
@inline
function rootLink(table: i32, family: i32): usize {
  return roots + (<usize>((table << 1) | (family >> 1 & 1)) << 2);
}

// @ts-ignore: decorator
@inline
function childLink(node: usize, bit: u32): usize {
  return node + NODE_CHILDREN + (bit << 2);
}

// @ts-ignore: decorator
@inline
function lengthOf(node: usize): u32 {
  return load<u8>(node, NODE_LENGTH);
}

// @ts-ignore: decorator
@inline
function inTable(node: usize): bool {
  return load<u8>(node, NODE_IN_TABLE) != 0;
}

// @ts-ignore: decorator
@inline
function sharedWith(node: usize, high: u64, low: u64, limit: u32): u32 {
  return sharedLength(high, low, load<u64>(node, NODE_HIGH), load<u64>(node, NODE_LOW), limit);
}

export function tableSize(table: i32): u32 {
  return load<u32>(sizes + (<usize>table << 2));
}

function addToSize(table: i32, change: i32): void {
  store<u32>(sizes + (<usize>table << 2), tableSize(table) + change);
}

function takeNode(high: u64, low: u64, length: u32): usize {
  let node = free;
  if (node != 0) {
    free = load<u32>(node, NODE_CHILDREN);
  } else {
    node = nodesBegin + used;
    if (node + NODE_BYTES > nodesEnd) unreachable();
    used += NODE_BYTES;
  }
  store<u64>(node, high, NODE_HIGH);
  store<u64>(node, low, NODE_LOW);
  store<u64>(node, 0, NODE_CHILDREN);
  store<u64>(node, 0, NODE_VALUE);
  store<u8>(node, <u8>length, NODE_LENGTH);
  return node;
}

function giveBack(node: usize): void {
  store<u32>(node, <u32>free, NODE_CHILDREN);
  free = node;
}

function setValue(node: usize, value: u32): void {
  store<u32>(node, value, NODE_VALUE);
  store<u8>(node, 1, NODE_IN_TABLE);
}

/** The node in the table with the longest prefix of the key; 0 if none. */
export function lookupNode(table: i32, family: i32, high: u64, low: u64): usize {
  let node: usize = load<u32>(rootLink(table, family));
  let best: usize = 0;
  while (node != 0) {
    const length = lengthOf(node);
    if (sharedWith(node, high, low, length) < length) break;
    if (inTable(node)) best = node;
    node = load<u32>(childLink(node, bitAt(high, low, length)));
  }
  return best;
}

// @ts-ignore: decorator
@inline
export function valueOf(node: usize): u32 {
  return load<u32>(node, NODE_VALUE);
}

/** The node in the table for exactly this prefix; 0 if none. */
export function findNode(table: i32, family: i32, high: u64, low: u64, length: u32): usize {
  let node: usize = load<u32>(rootLink(table, family));
  while (node != 0) {
    const nodeLength = lengthOf(node);
    if (nodeLength > length || sharedWith(node, high, low, nodeLength) < nodeLength) return 0;
    if (nodeLength == length) return inTable(node) ? node : 0;
    node = load<u32>(childLink(node, bitAt(high, low, nodeLength)));
  }
  return 0;
}

/** Puts a new leaf where `link` points: before the node there (which it is a prefix of), or beside it under a joint. */
function placeAt(link: usize, high: u64, low: u64, length: u32): usize {
  const node: usize = load<u32>(link);
  const leaf = takeNode(high, low, length);
  if (node == 0) {
    store<u32>(link, <u32>leaf);
    return leaf;
  }
  const shared = sharedWith(node, high, low, min(length, lengthOf(node)));
  const above = shared == length ? leaf : takeNode(high, low, shared);
  const bit = bitAt(load<u64>(node, NODE_HIGH), load<u64>(node, NODE_LOW), shared);
  store<u32>(childLink(above, bit), <u32>node);
  if (above != leaf) store<u32>(childLink(above, bit ^ 1), <u32>leaf);
  store<u32>(link, <u32>above);
  return leaf;
}

/** The node for a prefix that is not in the table: a joint that stands there already, or a new leaf. */
function makeNode(table: i32, family: i32, high: u64, low: u64, length: u32): usize {
  let link = rootLink(table, family);
  let node: usize = load<u32>(link);
  while (node != 0) {
    const nodeLength = lengthOf(node);
    if (nodeLength > length || sharedWith(node, high, low, nodeLength) < nodeLength) break;
    if (nodeLength == length) return node;
    link = childLink(node, bitAt(high, low, nodeLength));
    node = load<u32>(link);
  }
  return placeAt(link, high, low, length);
}

/** Adds a prefix or replaces its value: DONE or FULL. */
export function insertPrefix(table: i32, family: i32, high: u64, low: u64, length: u32, value: u32): i32 {
  const present = findNode(table, family, high, low, length);
  if (present != 0) {
    setValue(present, value);
    return DONE;
  }
  if (tableSize(table) >= tableLimit(table)) return FULL;
  setValue(makeNode(table, family, high, low, length), value);
  addToSize(table, 1);
  return DONE;
}

/** Takes a node without children away, and the joint above it, which has lost its reason. */
function unlinkLeaf(link: usize, parentLink: usize): void {
  giveBack(load<u32>(link));
  store<u32>(link, 0);
  if (parentLink == 0) return;
  const parent: usize = load<u32>(parentLink);
  if (inTable(parent)) return;
  store<u32>(parentLink, load<u32>(childLink(parent, 0)) | load<u32>(childLink(parent, 1)));
  giveBack(parent);
}

function unlinkNode(link: usize, parentLink: usize): void {
  const node: usize = load<u32>(link);
  const zero = load<u32>(childLink(node, 0));
  const one = load<u32>(childLink(node, 1));
  store<u8>(node, 0, NODE_IN_TABLE);
  if (zero != 0 && one != 0) return;
  if (zero == 0 && one == 0) {
    unlinkLeaf(link, parentLink);
    return;
  }
  store<u32>(link, zero | one);
  giveBack(node);
}

/** Takes a prefix out: DONE or ABSENT. */
export function deletePrefix(table: i32, family: i32, high: u64, low: u64, length: u32): i32 {
  if (findNode(table, family, high, low, length) == 0) return ABSENT;
  let parentLink: usize = 0;
  let link = rootLink(table, family);
  let node: usize = load<u32>(link);
  while (lengthOf(node) != length) {
    parentLink = link;
    link = childLink(node, bitAt(high, low, lengthOf(node)));
    node = load<u32>(link);
  }
  unlinkNode(link, parentLink);
  addToSize(table, -1);
  return DONE;
}

/** Depth is at most 129: a child's prefix is longer than its parent's. */
function giveBackAll(node: usize): void {
  if (node == 0) return;
  giveBackAll(load<u32>(childLink(node, 0)));
  giveBackAll(load<u32>(childLink(node, 1)));
  giveBack(node);
}

export function clearTable(table: i32): void {
  for (let family = 4; family <= 6; family += 2) {
    const link = rootLink(table, family);
    giveBackAll(load<u32>(link));
    store<u32>(link, 0);
  }
  addToSize(table, -(<i32>tableSize(table)));
}
