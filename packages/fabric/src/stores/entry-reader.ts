/** Reads entries that anybody may have written. What is no lease is told, counted and left out. */
import type { Lease } from '../lease.js';
import type { Written } from './written.js';

export class EntryReader {
  readonly #warn: (message: string) => void;
  /** What was last said of each entry that is no lease. */
  readonly #told = new Map<string, string>();
  /** The last good lease of each entry: one that turns to garbage must not take a peer away. */
  readonly #lastGood = new Map<string, Lease>();
  #ignored = 0;

  constructor(warn: (message: string) => void) {
    this.#warn = warn;
  }

  /** How often an entry was found to be no lease, or another thing that is none. */
  get ignored(): number {
    return this.#ignored;
  }

  /** What the entry stands for: the last good lease where `parse` throws. Our own is given up then, to be written anew. */
  read(name: string, parse: () => Lease, written: Written): Lease | undefined {
    try {
      const lease = parse();
      this.#lastGood.set(name, lease);
      this.#told.delete(name);
      return lease;
    } catch (error) {
      this.#ignore(name, (error as Error).message);
      const before = this.#lastGood.get(name);
      return before !== undefined && written.has(before) ? undefined : before;
    }
  }

  /** The same object as long as no other was read. */
  lastGood(name: string): Lease | undefined {
    return this.#lastGood.get(name);
  }

  /** Whether what was read last is no lease. */
  isGarbage(name: string): boolean {
    return this.#told.has(name);
  }

  /** The entry is gone. */
  forget(name: string): void {
    this.#lastGood.delete(name);
    this.#told.delete(name);
  }

  /** Forgets all entries but these. */
  retain(names: ReadonlySet<string>): void {
    for (const name of [...this.#lastGood.keys(), ...this.#told.keys()]) {
      if (!names.has(name)) this.forget(name);
    }
  }

  #ignore(name: string, message: string): void {
    if (this.#told.get(name) === message) return;
    this.#told.set(name, message);
    this.#ignored++;
    this.#warn(`entry ignored: ${message}`);
  }
}
