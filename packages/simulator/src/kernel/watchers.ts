/** Who is told of changes to a namespace. */
import { type Table, TableWatchers } from '@podlan/linux/model';

export class Watchers {
  readonly #byWatcher = new Map<object, TableWatchers>();

  /** Tells all but the one who did it, where he is known and needs not to be told. */
  wake(table: Table, by?: object): void {
    for (const [watcher, watchers] of this.#byWatcher) if (watcher !== by) watchers.wake(table);
  }

  watch(watcher: object, signal: AbortSignal): AsyncGenerator<Table> {
    const known = this.#byWatcher.get(watcher) ?? new TableWatchers();
    this.#byWatcher.set(watcher, known);
    return known.watch(signal);
  }
}
