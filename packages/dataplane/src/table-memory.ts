/**
 * The memory of a table as it lies there, read by layout.ts: for those who want to see what a lookup reads. Nothing on
 * the way of packets comes here.
 */
import * as layout from './layout.js';
import { type AddressInput, writeAddressInput } from './prefix-input.js';
import type { PrefixTable } from './prefix-table.js';
import type { Dataplane } from './wasm.js';

/** What four bytes of the trie say. */
export type TrieEntry =
  /** No prefix. */
  | { readonly leadsTo: 'nothing'; readonly word: number }
  /** The answer: one less than the entry. */
  | { readonly leadsTo: 'number'; readonly word: number; readonly number: number }
  /** An answer that is too large for an entry lies at this address. */
  | { readonly leadsTo: 'cell'; readonly word: number; readonly at: number }
  /** Longer prefixes decide, by the node at this address. */
  | { readonly leadsTo: 'node'; readonly word: number; readonly at: number };

export function entryOf(word: number): TrieEntry {
  if (word === 0) return { leadsTo: 'nothing', word };
  const at = (word << layout.BLOCK_SHIFT) >>> 0;
  if (word >= layout.ENTRY_CHILD) return { leadsTo: 'node', word, at };
  if (word >= layout.ENTRY_REFERENCE) return { leadsTo: 'cell', word, at };
  return { leadsTo: 'number', word, number: word - 1 };
}

/** The module is the table's own business, and `opened` protected; what only reads may have it all the same. */
export function moduleOf(table: PrefixTable<unknown>): Dataplane {
  return (table as unknown as { opened(): Dataplane }).opened();
}

/** A snapshot of where things are: the memory may have moved after the table has changed. */
export class TableMemory {
  readonly #module: Dataplane;
  readonly #words: Uint32Array;

  constructor(module: Dataplane) {
    this.#module = module;
    this.#words = new Uint32Array(module.buffer);
  }

  get byteLength(): number {
    return this.#words.byteLength;
  }

  areaOffset(id: number): number {
    return this.#module.areaOffset(id);
  }

  /** The first entry of a family's direct table. */
  directOffset(family: number): number {
    return this.areaOffset(family === 4 ? layout.AREA_DIRECT4 : layout.AREA_DIRECT6);
  }

  /** Writes the address to the key; returns its family, and its bits as a number of 128, the first bit leftmost. */
  keyOf(address: AddressInput): { readonly family: 4 | 6; readonly bits: bigint } {
    const { key } = this.#module;
    const family = writeAddressInput(key, address) as 4 | 6;
    const view = new DataView(key.buffer, key.byteOffset);
    return { family, bits: (view.getBigUint64(0) << 64n) | view.getBigUint64(8) };
  }

  /** Four bytes, as the machine reads them: little-endian. */
  word(at: number): number {
    return this.#words[at >>> 2]!;
  }

  /** Eight bytes. */
  long(at: number): bigint {
    return (BigInt(this.word(at + 4)) << 32n) | BigInt(this.word(at));
  }

  /** How many bits of eight bytes are set. */
  ones(at: number): number {
    return onesOf(this.word(at)) + onesOf(this.word(at + 4));
  }

  /** A copy. */
  bytes(at: number, count: number): Uint8Array {
    return new Uint8Array(this.#words.buffer, at, count).slice();
  }
}

/** How many of 32 bits are set: pairs, then fours, then bytes added up. */
function onesOf(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}
