/** Reads the run-length trie out of the module's memory, by layout.ts: whether all is as it should be. */
import * as layout from '../src/layout.js';
import type { Dataplane } from '../src/wasm.js';

const SLOTS = 64;

export class TrieMemory {
  readonly #view: DataView;
  readonly #direct: number;

  constructor(module: Dataplane, family: 4 | 6) {
    this.#view = new DataView(module.buffer);
    this.#direct = module.areaOffset(family === 4 ? layout.AREA_DIRECT4 : layout.AREA_DIRECT6);
  }

  /** Every node's runs, as lists of entries. */
  *nodes(): IterableIterator<number[]> {
    for (let at = 0; at < layout.DIRECT_BYTES; at += 4) yield* this.#below(this.#word(this.#direct + at));
  }

  *#below(entry: number): IterableIterator<number[]> {
    if (!isChild(entry)) return;
    const slots = this.#slots(blockOf(entry));
    const starts = this.#view.getBigUint64(blockOf(entry), true);
    const runs = slots.filter((_, slot) => (starts >> BigInt(slot)) & 1n);
    yield runs;
    for (const run of runs) yield* this.#below(run);
  }

  #slots(block: number): number[] {
    const starts = this.#view.getBigUint64(block, true);
    const slots: number[] = [];
    for (let slot = 0, run = -1; slot < SLOTS; slot++) {
      if ((starts >> BigInt(slot)) & 1n) run++;
      slots.push(this.#word(block + layout.RUNS_HEADER + 4 * run));
    }
    return slots;
  }

  #word(at: number): number {
    return this.#view.getUint32(at, true);
  }
}

export const isChild = (entry: number) => entry >= layout.ENTRY_CHILD;
const blockOf = (entry: number) => (entry << layout.BLOCK_SHIFT) >>> 0;
