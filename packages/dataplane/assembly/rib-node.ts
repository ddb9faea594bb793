/**
 * A node of the prefixes (rib.ts): one block, made as large as it has to be.
 *
 *   | prefixes: indexes 0…63 u64 | 64…127 u64 | children: slots u64 | child u32 … | leaf u32 … |
 *
 * Prefixes have the indexes of allotment.ts, and their leaves lie in order of these; children in order of slots.
 */
import { NODE_HEADER } from '../src/layout';
import { giveBlock, PREFIXES, takeBlock, unitsFor } from './heap';

// @ts-ignore: decorator
@inline
export function lowIndexes(node: usize): u64 {
  return load<u64>(node);
}

// @ts-ignore: decorator
@inline
export function highIndexes(node: usize): u64 {
  return load<u64>(node, 8);
}

// @ts-ignore: decorator
@inline
export function childSlots(node: usize): u64 {
  return load<u64>(node, 16);
}

// @ts-ignore: decorator
@inline
export function childCount(node: usize): u32 {
  return <u32>popcnt(childSlots(node));
}

// @ts-ignore: decorator
@inline
export function wordCount(node: usize): u32 {
  return childCount(node) + <u32>popcnt(lowIndexes(node)) + <u32>popcnt(highIndexes(node));
}

// @ts-ignore: decorator
@inline
export function wordAt(node: usize, position: u32): usize {
  return node + NODE_HEADER + (<usize>position << 2);
}

// @ts-ignore: decorator
@inline
export function bitsBelow(word: u64, bit: u32): u32 {
  return <u32>popcnt(word & ((<u64>1 << bit) - 1));
}

// @ts-ignore: decorator
@inline
export function hasChild(node: usize, slot: u32): bool {
  return ((childSlots(node) >> slot) & 1) != 0;
}

/** Where the pointer to the child of a slot lies, or would lie. */
// @ts-ignore: decorator
@inline
export function childLink(node: usize, slot: u32): usize {
  return wordAt(node, bitsBelow(childSlots(node), slot));
}

// @ts-ignore: decorator
@inline
export function childOf(node: usize, slot: u32): usize {
  return load<u32>(childLink(node, slot));
}

// @ts-ignore: decorator
@inline
export function hasPrefix(node: usize, index: u32): bool {
  return (((index < 64 ? lowIndexes(node) : highIndexes(node)) >> (index & 63)) & 1) != 0;
}

export function leafPosition(node: usize, index: u32): u32 {
  const low = lowIndexes(node);
  const before = index < 64 ? bitsBelow(low, index) : <u32>popcnt(low) + bitsBelow(highIndexes(node), index & 63);
  return childCount(node) + before;
}

export function leafOf(node: usize, index: u32): u32 {
  return load<u32>(wordAt(node, leafPosition(node, index)));
}

/** Nodes of all tables. */
export let nodesInUse: u32 = 0;

export function makeNode(): usize {
  nodesInUse++;
  const node = takeBlock(PREFIXES, unitsFor(NODE_HEADER));
  memory.fill(node, 0, NODE_HEADER);
  return node;
}

export function giveNode(node: usize): void {
  giveBlock(PREFIXES, node, unitsFor(NODE_HEADER + (wordCount(node) << 2)));
}

function resized(node: usize, words: u32, newWords: u32, keep: u32): usize {
  const units = unitsFor(NODE_HEADER + (words << 2));
  const newUnits = unitsFor(NODE_HEADER + (newWords << 2));
  if (units == newUnits) return node;
  const to = takeBlock(PREFIXES, newUnits);
  memory.copy(to, node, NODE_HEADER + (keep << 2));
  return to;
}

/** Makes room for a word at a position; the bit that tells of it is the caller's. Returns where the node is now. */
export function withWord(node: usize, position: u32, word: u32): usize {
  const words = wordCount(node);
  const to = resized(node, words, words + 1, position);
  memory.copy(wordAt(to, position + 1), wordAt(node, position), (words - position) << 2);
  if (to != node) giveNode(node);
  store<u32>(wordAt(to, position), word);
  return to;
}

export function withoutWord(node: usize, position: u32): usize {
  const words = wordCount(node);
  const to = resized(node, words, words - 1, position);
  memory.copy(wordAt(to, position), wordAt(node, position + 1), (words - position - 1) << 2);
  if (to != node) giveNode(node);
  return to;
}

export function flipPrefix(node: usize, index: u32): void {
  const word = node + (index < 64 ? 0 : 8);
  store<u64>(word, load<u64>(word) ^ (<u64>1 << (index & 63)));
}

export function flipChild(node: usize, slot: u32): void {
  store<u64>(node, childSlots(node) ^ (<u64>1 << slot), 16);
}
