/** Who watches a kernel's tables: each is told of every change from when it began to watch, once per turn. */
import type { Table } from './model.js';

/**
 * The `watch` of a kernel that knows itself what changed.
 * @example
 * ```ts
 * import { TableWatchers } from '@podlan/linux/model';
 *
 * const watchers = new TableWatchers();
 * const stop = new AbortController();
 * const next = watchers.watch(stop.signal).next();
 * watchers.wake('route');
 * (await next).value; // => 'route'
 * stop.abort();
 * ```
 */
export class TableWatchers {
  readonly #watchers = new Set<(table: Table) => void>();

  /** Tells all of them. */
  wake(table: Table): void {
    for (const watcher of this.#watchers) watcher(table);
  }

  /** Yields the table of each change from now on. Ends when `signal` aborts. */
  async *watch(signal: AbortSignal): AsyncGenerator<Table> {
    const pending = new Set<Table>();
    let wake = () => {};
    const onChange = (table: Table) => {
      pending.add(table);
      wake();
    };
    const onAbort = () => wake();
    this.#watchers.add(onChange);
    signal.addEventListener('abort', onAbort);
    try {
      while (!signal.aborted) {
        for (const table of pending) {
          pending.delete(table);
          yield table;
        }
        if (pending.size > 0 || signal.aborted) continue;
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      }
    } finally {
      this.#watchers.delete(onChange);
      signal.removeEventListener('abort', onAbort);
    }
  }
}
