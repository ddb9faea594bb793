/**
 * A lookup to look at: the steps that assembly/fib.ts takes for an address, each with what it reads, out of the very
 * memory that it reads.
 *
 *   | direct table: bits 0…17 | node: bits 18…23 | node: bits 24…29 | …
 *       262,144 entries           64 slots, as runs of equal entries
 */
import { DIRECT_BITS, KEY_BYTES, RUNS_HEADER, STRIDE_BITS } from './layout.js';
import type { AddressInput } from './prefix-input.js';
import { NO_ROUTE, type PrefixTable } from './prefix-table.js';
import { entryOf, moduleOf, TableMemory, type TrieEntry } from './table-memory.js';

const LINE_BYTES = 64;
const SLOTS = 1 << STRIDE_BITS;

/** Bytes of the module's memory that a step reads. */
export interface MemoryRead {
  readonly part: 'direct' | 'bitmap' | 'entry' | 'cell';
  /** Where they begin. */
  readonly at: number;
  /** As they lie there: numbers are little-endian. */
  readonly bytes: Uint8Array;
}

/** The first step: the address's first bits are the index of an entry. */
export interface DirectStep {
  readonly kind: 'direct';
  /** Which bits of the address decide: from `bit` on, `bits` of them. */
  readonly bit: 0;
  readonly bits: number;
  readonly index: number;
  readonly entry: TrieEntry;
  readonly reads: readonly MemoryRead[];
}

/** A node: the next bits are a slot, and the entry is that of the run in which the slot lies. */
export interface NodeStep {
  readonly kind: 'node';
  readonly bit: number;
  /** Six, or, where the address ends sooner, what is left; the slot is then filled up with zeros. */
  readonly bits: number;
  /** Where the node lies. */
  readonly node: number;
  readonly slot: number;
  /** Bit s is set where a run begins at slot s. */
  readonly bitmap: bigint;
  /** How many runs the node has. */
  readonly runs: number;
  /** How many begin up to the slot: the last of them is the slot's own. Counted from 1. */
  readonly rank: number;
  /** The slots from where its run begins to where it ends. */
  readonly firstSlot: number;
  readonly lastSlot: number;
  readonly entry: TrieEntry;
  readonly reads: readonly MemoryRead[];
}

/** The last step, where the answer is too large for an entry. */
export interface CellStep {
  readonly kind: 'cell';
  readonly at: number;
  readonly number: number;
  readonly reads: readonly MemoryRead[];
}

/** One of the steps of a walk: the direct table first, then nodes, and a cell at the end or none. */
export type LookupStep = DirectStep | NodeStep | CellStep;

/** What a lookup reads on its way, and where it ends. */
export interface LookupWalk<Value> {
  readonly family: 4 | 6;
  readonly steps: readonly LookupStep[];
  /** As `lookupBatch` answers: NO_ROUTE where no prefix contains the address. */
  readonly number: number;
  /** As `lookupValue` answers. */
  readonly value: Value | undefined;
  /** How much of the memory was read. */
  readonly bytesRead: number;
  /** How many cache lines of 64 bytes that touches. */
  readonly cacheLines: number;
}

/**
 * Walks the trie as a lookup of the address does, and tells each step. It reads the table's own memory: what it answers
 * is what `lookupValue` answers, and what it shows is why. (A lookup of one IPv4 address goes on where the direct table
 * has the answer, and reads zeros at address 0 to save itself a branch. Those are not told.)
 * @example
 * ```ts
 * import { RouteTable, walkLookup } from '@podlan/dataplane';
 *
 * const routes = await RouteTable.from([['10.244.0.0/16', 'the cluster'], ['10.244.2.0/24', 'host B']]);
 * const { steps, value, bytesRead } = walkLookup(routes, '10.244.2.7');
 * value; // => 'host B'
 * steps.map(({ kind }) => kind); // => ['direct', 'node']
 * bytesRead; // => 16
 *
 * const [direct, node] = steps;
 * direct?.kind === 'direct' && direct.index; // => 0b00001010_11110100_00
 * node?.kind === 'node' && node.slot; // => 0b000010
 * node?.kind === 'node' && node.bitmap.toString(2); // => '1101'
 * ```
 */
export function walkLookup<Value>(table: PrefixTable<Value>, address: AddressInput): LookupWalk<Value> {
  const memory = new TableMemory(moduleOf(table));
  const { family, bits } = memory.keyOf(address);
  const steps: LookupStep[] = [directStep(memory, family, bits)];
  let { entry } = steps[0] as DirectStep;
  for (let bit = DIRECT_BITS; entry.leadsTo === 'node'; bit += STRIDE_BITS) {
    const step = nodeStep(memory, entry.at, bit, family, bits);
    steps.push(step);
    entry = step.entry;
  }
  if (entry.leadsTo === 'cell') steps.push(cellStep(memory, entry.at));
  const number = numberOf(steps.at(-1)!);
  const value = number === NO_ROUTE ? undefined : table.valueAt(number);
  return { family, steps, number, value, ...read(steps) };
}

function directStep(memory: TableMemory, family: number, bits: bigint): DirectStep {
  const index = Number(bits >> BigInt(KEY_BYTES * 8 - DIRECT_BITS));
  const at = memory.directOffset(family) + 4 * index;
  const entry = entryOf(memory.word(at));
  const reads = [{ part: 'direct', at, bytes: memory.bytes(at, 4) }] as const;
  return { kind: 'direct', bit: 0, bits: DIRECT_BITS, index, entry, reads };
}

function nodeStep(memory: TableMemory, node: number, bit: number, family: 4 | 6, bits: bigint): NodeStep {
  const slot = slotAt(bits, bit);
  const bitmap = memory.long(node);
  const begun = BigInt.asUintN(slot + 1, bitmap);
  const rank = onesIn(begun);
  const at = node + RUNS_HEADER + 4 * (rank - 1);
  return {
    kind: 'node',
    bit,
    bits: Math.min(STRIDE_BITS, (family === 4 ? 32 : 128) - bit),
    node,
    slot,
    bitmap,
    runs: memory.ones(node),
    rank,
    firstSlot: lastBit(begun),
    lastSlot: slot + firstBit(bitmap >> BigInt(slot + 1), SLOTS - slot - 1),
    entry: entryOf(memory.word(at)),
    reads: [
      { part: 'bitmap', at: node, bytes: memory.bytes(node, RUNS_HEADER) },
      { part: 'entry', at, bytes: memory.bytes(at, 4) },
    ],
  };
}

/** Six bits of 128; beyond the last one there are zeros. */
function slotAt(bits: bigint, bit: number): number {
  return Number(((bits << BigInt(STRIDE_BITS)) >> BigInt(KEY_BYTES * 8 - bit)) & BigInt(SLOTS - 1));
}

const onesIn = (long: bigint) => long.toString(2).replaceAll('0', '').length;
const lastBit = (long: bigint) => long.toString(2).length - 1;

/** Where the lowest bit is that is set, or `none`. */
function firstBit(long: bigint, none: number): number {
  return long === 0n ? none : lastBit(long & -long);
}

function cellStep(memory: TableMemory, at: number): CellStep {
  return {
    kind: 'cell',
    at,
    number: memory.word(at),
    reads: [{ part: 'cell', at, bytes: memory.bytes(at, 4) }],
  };
}

function numberOf(last: LookupStep): number {
  if (last.kind === 'cell') return last.number;
  return last.entry.leadsTo === 'number' ? last.entry.number : NO_ROUTE;
}

function read(steps: readonly LookupStep[]): { bytesRead: number; cacheLines: number } {
  const reads = steps.flatMap((step) => step.reads);
  // Blocks and entries are aligned to their own size: none lies in two lines.
  const lines = new Set(reads.map(({ at }) => Math.floor(at / LINE_BYTES)));
  return { bytesRead: reads.reduce((sum, { bytes }) => sum + bytes.length, 0), cacheLines: lines.size };
}
