/** What a table is made of: how many nodes, and how many bytes each part has. */
import {
  ANSWERS_BYTES,
  AREA_ROOTS,
  BLOCK_UNIT,
  DIRECT_BITS,
  DIRECT_BYTES,
  NODE_HEADER,
  RUNS_HEADER,
  STRIDE_BITS,
  TABLE_ROUTES,
} from './layout.js';
import type { PrefixTable } from './prefix-table.js';
import { entryOf, moduleOf, TableMemory } from './table-memory.js';

/** The nodes that decide the same bits. */
export interface TrieLevel {
  /** The first bit that they decide. */
  readonly bit: number;
  readonly nodes: number;
  /** Runs of equal entries in them. */
  readonly runs: number;
  readonly bytes: number;
}

/** What addresses of one family are looked up in. */
export interface TrieShape {
  /** How many entries of the direct table are there, and how many of them lead to what. */
  readonly direct: {
    readonly entries: number;
    readonly nothing: number;
    readonly number: number;
    readonly cell: number;
    readonly node: number;
    readonly bytes: number;
  };
  /** From the first bits that the direct table leaves on; none where it answers alone. */
  readonly levels: readonly TrieLevel[];
}

/** Bytes are those of blocks in use; what lies free between them is in `memoryBytes` alone. */
export interface TableShape {
  readonly prefixes: number;
  /** All memory of the module: what it has taken, in use or not. */
  readonly memoryBytes: number;
  readonly ipv4: TrieShape;
  readonly ipv6: TrieShape;
  /** Where the prefixes themselves are kept, of both families: changes read these, and `lookup` to tell the prefix. */
  readonly prefixNodes: { readonly nodes: number; readonly bytes: number };
  /** Values too large for an entry. */
  readonly cells: { readonly cells: number; readonly bytes: number };
  /** The answers of late of `lookupBatch`; its memory is touched in large tables only. */
  readonly recentAnswers: { readonly bytes: number };
}

/**
 * Counts what the table's memory holds. It goes through all of it, which for a large table takes a while.
 * @example
 * ```ts
 * import { RouteTable, tableShape } from '@podlan/dataplane';
 *
 * const routes = await RouteTable.from([['10.244.0.0/16', 'the cluster'], ['10.244.2.0/24', 'host B']]);
 * const { ipv4, prefixes } = tableShape(routes);
 * prefixes; // => 2
 * [ipv4.direct.entries, ipv4.direct.number, ipv4.direct.node]; // => [262_144, 3, 1]
 * ipv4.levels; // => [{ bit: 18, nodes: 1, runs: 3, bytes: 32 }]
 * ```
 */
export function tableShape(table: PrefixTable<unknown>): TableShape {
  const memory = new TableMemory(moduleOf(table));
  const { cells, ...prefixNodes } = prefixNodesIn(memory);
  return {
    prefixes: table.size,
    memoryBytes: memory.byteLength,
    ipv4: trieShape(memory, 4),
    ipv6: trieShape(memory, 6),
    prefixNodes,
    cells: { cells, bytes: cells * BLOCK_UNIT },
    recentAnswers: { bytes: ANSWERS_BYTES },
  };
}

const blockBytes = (bytes: number) => Math.ceil(bytes / BLOCK_UNIT) * BLOCK_UNIT;

function trieShape(memory: TableMemory, family: 4 | 6): TrieShape {
  const counts = { nothing: 0, number: 0, cell: 0, node: 0 };
  const levels: { -readonly [Key in keyof TrieLevel]: TrieLevel[Key] }[] = [];
  const at = memory.directOffset(family);
  for (let entry = at; entry < at + DIRECT_BYTES; entry += 4) {
    const { leadsTo } = entryOf(memory.word(entry));
    counts[leadsTo]++;
    if (leadsTo === 'node') countNodes(memory, entry, 0, levels);
  }
  return { direct: { entries: DIRECT_BYTES / 4, ...counts, bytes: DIRECT_BYTES }, levels };
}

/** Counts the node that the entry at `at` leads to, and all below it. */
function countNodes(
  memory: TableMemory,
  at: number,
  depth: number,
  levels: { bit: number; nodes: number; runs: number; bytes: number }[],
): void {
  const entry = entryOf(memory.word(at));
  if (entry.leadsTo !== 'node') return;
  const level = levels[depth] ?? { bit: DIRECT_BITS + depth * STRIDE_BITS, nodes: 0, runs: 0, bytes: 0 };
  levels[depth] = level;
  const runs = memory.ones(entry.at);
  level.nodes++;
  level.runs += runs;
  level.bytes += blockBytes(RUNS_HEADER + 4 * runs);
  for (let run = 0; run < runs; run++)
    countNodes(memory, entry.at + RUNS_HEADER + 4 * run, depth + 1, levels);
}

interface PrefixNodes {
  nodes: number;
  bytes: number;
  cells: number;
}

function prefixNodesIn(memory: TableMemory): PrefixNodes {
  const counts = { nodes: 0, bytes: 0, cells: 0 };
  const roots = memory.areaOffset(AREA_ROOTS) + TABLE_ROUTES * 8;
  for (const link of [roots, roots + 4]) {
    if (memory.word(link) !== 0) countPrefixes(memory, memory.word(link), counts);
  }
  return counts;
}

/** Bitmaps of its prefixes (16 bytes) and of its children (8), then a word for each child and for each prefix. */
function countPrefixes(memory: TableMemory, node: number, counts: PrefixNodes): void {
  const children = memory.ones(node + 16);
  const prefixes = memory.ones(node) + memory.ones(node + 8);
  const words = node + NODE_HEADER;
  counts.nodes++;
  counts.bytes += blockBytes(NODE_HEADER + 4 * (children + prefixes));
  for (let child = 0; child < children; child++)
    countPrefixes(memory, memory.word(words + 4 * child), counts);
  for (let leaf = children; leaf < children + prefixes; leaf++) {
    if (entryOf(memory.word(words + 4 * leaf)).leadsTo === 'cell') counts.cells++;
  }
}
