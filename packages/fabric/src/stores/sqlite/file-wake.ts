/** Wakes a reader when a SQLite file is written to, by whatever process. A hint only: the reader polls besides. */
import { type FSWatcher, watch } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { Clock } from '../../clock.js';
import { Wake } from '../../wake.js';

/** The last write of a commit goes to shared memory, which tells nobody: look a second time soon after. */
const SECOND_LOOK_MS = 30;

export class FileWake {
  readonly #wake = new Wake();
  readonly #clock: Clock;
  readonly #watcher: FSWatcher | undefined;
  #lookAgain = false;

  constructor(path: string, clock: Clock) {
    this.#clock = clock;
    this.#watcher = this.#watch(path);
  }

  ring(): void {
    this.#wake.ring();
  }

  async wait(ms: number, signal: AbortSignal): Promise<void> {
    const limitMs = this.#lookAgain ? Math.min(ms, SECOND_LOOK_MS) : ms;
    this.#lookAgain = await this.#wake.wait(this.#clock, limitMs, signal);
  }

  close(): void {
    this.#watcher?.close();
  }

  /** The directory is watched, as the write-ahead log comes and goes. Without inotify left, polling has to do. */
  #watch(path: string): FSWatcher | undefined {
    const name = basename(path);
    try {
      const watcher = watch(dirname(path), (_event, file) => {
        if (file === null || file === name || file === `${name}-wal`) this.#wake.ring();
      });
      watcher.on('error', () => watcher.close());
      return watcher;
    } catch {
      return undefined;
    }
  }
}
