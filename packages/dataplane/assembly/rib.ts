/**
 * The prefixes themselves: what changes are made to, and what exact, covering and covered prefixes are found by.
 * Addresses are looked up in what fib.ts derives from it.
 *
 * A trie of nodes of six bits: the node at bit b keeps the prefixes of length b+1…b+6 by their index (allotment.ts), and
 * children by slot (rib-node.ts). A leaf is what fib.ts has as the entry of addresses whose longest prefix this is. A node without children and prefixes
 * is given back. The default route is index 1 of the root.
 */
import { STRIDE_BITS, TABLES } from '../src/layout';
import { indexOf, longestAbove, longestOver } from './allotment';
import { slotOf } from './key';
import {
  bitsBelow,
  childCount,
  childLink,
  childOf,
  childSlots,
  flipChild,
  flipPrefix,
  giveNode,
  hasChild,
  hasPrefix,
  highIndexes,
  leafOf,
  leafPosition,
  lowIndexes,
  makeNode,
  nodesInUse,
  withoutWord,
  withWord,
  wordAt,
  wordCount,
} from './rib-node';

export const roots = memory.data(TABLES * 2 * 4);
const sizes = memory.data(TABLES * 4);

/** Where the pointer to the root of a table's family lies. */
// @ts-ignore: decorator
@inline
function rootLink(table: i32, family: i32): usize {
  return roots + (<usize>((table << 1) | (family >> 1 & 1)) << 2);
}

// @ts-ignore: decorator
@inline
export function rootOf(table: i32, family: i32): usize {
  return load<u32>(rootLink(table, family));
}

export function tableSize(table: i32): u32 {
  return load<u32>(sizes + (<usize>table << 2));
}

function addToSize(table: i32, change: i32): void {
  store<u32>(sizes + (<usize>table << 2), tableSize(table) + change);
}

/** Which node keeps prefixes of this length. */
// @ts-ignore: decorator
@inline
export function bitOfLength(length: u32): u32 {
  return length == 0 ? 0 : ((length - 1) / STRIDE_BITS) * STRIDE_BITS;
}

/** The index of a prefix in that node. */
// @ts-ignore: decorator
@inline
function indexAt(high: u64, low: u64, bit: u32, length: u32): u32 {
  return indexOf(slotOf(high, low, bit), length - bit);
}

// ---- finding

/** The node at `bit` on the way of a key; 0 if there is none. */
function nodeAt(table: i32, family: i32, high: u64, low: u64, bit: u32): usize {
  let node = rootOf(table, family);
  for (let at: u32 = 0; node != 0 && at < bit; at += STRIDE_BITS) {
    const slot = slotOf(high, low, at);
    node = hasChild(node, slot) ? childOf(node, slot) : 0;
  }
  return node;
}

/** The leaf of exactly this prefix; 0 if it is not in the table. */
export function findLeaf(table: i32, family: i32, high: u64, low: u64, length: u32): u32 {
  const bit = bitOfLength(length);
  const node = nodeAt(table, family, high, low, bit);
  const index = indexAt(high, low, bit, length);
  return node != 0 && hasPrefix(node, index) ? leafOf(node, index) : 0;
}

/** The length of the prefix that `matchKey` or `matchParent` found. */
export let matchedLength: u32 = 0;

// @ts-ignore: decorator
@inline
function matched(node: usize, bit: u32, index: u32): u32 {
  matchedLength = bit + 31 - <u32>clz(index);
  return leafOf(node, index);
}

/** The leaf of the longest prefix of a key, by the prefixes themselves; 0 if there is none. */
export function matchKey(table: i32, family: i32, high: u64, low: u64): u32 {
  return matchParent(table, family, high, low, 129);
}

/** As `matchKey`, of the prefixes shorter than `length`. */
export function matchParent(table: i32, family: i32, high: u64, low: u64, length: u32): u32 {
  let node = rootOf(table, family);
  let best: usize = 0;
  let bestBit: u32 = 0;
  let bestIndex: u32 = 0;
  for (let bit: u32 = 0; node != 0; bit += STRIDE_BITS) {
    const slot = slotOf(high, low, bit);
    const isLast = length <= bit + STRIDE_BITS;
    const index = isLast
      ? longestAbove(lowIndexes(node), indexOf(slot, length - bit))
      : longestOver(lowIndexes(node), highIndexes(node), slot);
    if (index != 0) {
      best = node;
      bestBit = bit;
      bestIndex = index;
    }
    node = !isLast && hasChild(node, slot) ? childOf(node, slot) : 0;
  }
  return best == 0 ? 0 : matched(best, bestBit, bestIndex);
}

// ---- changing

/** Adds a prefix or replaces its leaf. */
export function putLeaf(table: i32, family: i32, high: u64, low: u64, length: u32, leaf: u32): void {
  const last = bitOfLength(length);
  let link = rootLink(table, family);
  if (load<u32>(link) == 0) store<u32>(link, <u32>makeNode());
  for (let bit: u32 = 0; bit < last; bit += STRIDE_BITS) link = reachChild(link, slotOf(high, low, bit));
  const node: usize = load<u32>(link);
  const index = indexAt(high, low, last, length);
  const position = leafPosition(node, index);
  if (hasPrefix(node, index)) {
    store<u32>(wordAt(node, position), leaf);
    return;
  }
  const to = withWord(node, position, leaf);
  flipPrefix(to, index);
  store<u32>(link, <u32>to);
  addToSize(table, 1);
}

/** Where the pointer to the child lies, which is made if there is none. */
function reachChild(link: usize, slot: u32): usize {
  let node: usize = load<u32>(link);
  if (!hasChild(node, slot)) {
    node = withWord(node, bitsBelow(childSlots(node), slot), <u32>makeNode());
    flipChild(node, slot);
    store<u32>(link, <u32>node);
  }
  return childLink(node, slot);
}

/** Takes a prefix out that is in the table. */
export function removeLeaf(table: i32, family: i32, high: u64, low: u64, length: u32): void {
  const link = rootLink(table, family);
  store<u32>(link, <u32>without(load<u32>(link), 0, high, low, length));
  addToSize(table, -1);
}

/** What is left of a node at `bit`: where it is now, or 0. */
function without(node: usize, bit: u32, high: u64, low: u64, length: u32): usize {
  const left = length <= bit + STRIDE_BITS
    ? withoutPrefix(node, indexAt(high, low, bit, length))
    : withoutBelow(node, slotOf(high, low, bit), bit, high, low, length);
  if (wordCount(left) != 0) return left;
  nodesInUse--;
  giveNode(left);
  return 0;
}

function withoutPrefix(node: usize, index: u32): usize {
  const left = withoutWord(node, leafPosition(node, index));
  flipPrefix(left, index);
  return left;
}

function withoutBelow(node: usize, slot: u32, bit: u32, high: u64, low: u64, length: u32): usize {
  const link = childLink(node, slot);
  const child = without(load<u32>(link), bit + STRIDE_BITS, high, low, length);
  store<u32>(link, <u32>child);
  if (child != 0) return node;
  const left = withoutWord(node, bitsBelow(childSlots(node), slot));
  flipChild(left, slot);
  return left;
}

function giveBackAll(node: usize, drop: (leaf: u32) => void): void {
  const children = childCount(node);
  const words = wordCount(node);
  for (let i: u32 = 0; i < children; i++) giveBackAll(load<u32>(wordAt(node, i)), drop);
  for (let i = children; i < words; i++) drop(load<u32>(wordAt(node, i)));
  nodesInUse--;
  giveNode(node);
}

/** Takes all prefixes out; `drop` gets each leaf. */
export function clearLeaves(table: i32, drop: (leaf: u32) => void): void {
  for (let family = 4; family <= 6; family += 2) {
    const root = rootOf(table, family);
    if (root != 0) giveBackAll(root, drop);
    store<u32>(rootLink(table, family), 0);
  }
  addToSize(table, -(<i32>tableSize(table)));
}
