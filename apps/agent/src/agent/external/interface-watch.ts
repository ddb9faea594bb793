/**
 * Follows the external interface: its addresses, its MTU, and which interface it is. It hears of changes where the
 * kernel's watch is heard already, and makes the choice of the start again.
 *
 * An interface that is gone, or has no address for a moment, is waited for: what is there then may be what was before.
 */
import type { Kernel, Table } from '@podlan/linux/model';
import type { ExternalInterface } from './external-interface.js';

export interface InterfaceWatchOptions {
  readonly current: ExternalInterface;
  /** The choice; rejects while no interface fits. */
  readonly find: (current: ExternalInterface) => Promise<ExternalInterface>;
  readonly changed: (now: ExternalInterface, before: ExternalInterface) => void;
  readonly warn: (message: string) => void;
}

const TABLES: ReadonlySet<Table> = new Set(['link', 'address', 'route']);
/** An address comes with its routes: one look for all of them. */
const DEBOUNCE_MS = 100;
/** Peers that join change routes too. */
const INTERVAL_MS = 1000;

export class InterfaceWatch {
  readonly #options: InterfaceWatchOptions;
  #current: ExternalInterface;
  #timer: NodeJS.Timeout | undefined;
  #looking = false;
  #closed = false;
  #again = false;
  #lastLookMs = Number.NEGATIVE_INFINITY;
  #warned: string | undefined;

  constructor(options: InterfaceWatchOptions) {
    this.#options = options;
    this.#current = options.current;
  }

  get current(): ExternalInterface {
    return this.#current;
  }

  /** The same kernel; what its watchers hear is heard here, too. */
  overhear(kernel: Kernel): Kernel {
    return {
      snapshot: (scope) => kernel.snapshot(scope),
      apply: (changes) => kernel.apply(changes),
      watch: (signal) => this.#listen(kernel.watch(signal)),
    };
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#closed = true;
  }

  /** A look at once, too: what changed before the kernel was heard is not told. */
  async *#listen(tables: AsyncIterable<Table>): AsyncGenerator<Table> {
    this.#lookSoon();
    for await (const table of tables) {
      if (TABLES.has(table)) this.#lookSoon();
      yield table;
    }
  }

  #lookSoon(): void {
    this.#again = true;
    if (this.#closed || this.#looking || this.#timer !== undefined) return;
    const earliestMs = this.#lastLookMs + INTERVAL_MS - performance.now();
    this.#timer = setTimeout(() => void this.#look(), Math.max(DEBOUNCE_MS, earliestMs));
  }

  async #look(): Promise<void> {
    this.#timer = undefined;
    this.#looking = true;
    this.#again = false;
    this.#lastLookMs = performance.now();
    try {
      this.#see(await this.#options.find(this.#current));
      this.#warned = undefined;
    } catch (error) {
      this.#warnOnce((error as Error).message);
    }
    this.#looking = false;
    if (this.#again) this.#lookSoon();
  }

  #see(now: ExternalInterface): void {
    const before = this.#current;
    if (this.#closed || JSON.stringify(now) === JSON.stringify(before)) return;
    this.#options.changed(now, before);
    this.#current = now;
  }

  #warnOnce(message: string): void {
    if (this.#closed || this.#warned === message) return;
    this.#warned = message;
    this.#options.warn(`external interface ${this.#current.name} is waited for: ${message}`);
  }
}
