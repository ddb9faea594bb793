/** A file of flow events as JSON lines. SIGHUP opens it anew, after it was moved away (logrotate). */
import { closeSync, openSync, writeSync } from 'node:fs';
import type { FlowEvent } from './flow-report.js';

export class FlowLog implements Disposable {
  readonly #path: string;
  readonly #reopen: () => void;
  #fd: number;

  /** Throws where it can't be written. `complain` hears of it later. */
  constructor(path: string, complain: (message: string) => void) {
    this.#path = path;
    this.#fd = openLog(path);
    this.#reopen = () => {
      try {
        const fresh = openLog(this.#path);
        closeSync(this.#fd);
        this.#fd = fresh;
      } catch (error) {
        complain(`${(error as Error).message}; flows go on to the file that was open`);
      }
    };
    process.on('SIGHUP', this.#reopen);
  }

  append(events: readonly FlowEvent[]): void {
    if (events.length > 0) writeSync(this.#fd, events.map((event) => `${JSON.stringify(event)}\n`).join(''));
  }

  [Symbol.dispose](): void {
    process.off('SIGHUP', this.#reopen);
    closeSync(this.#fd);
  }
}

/** Addresses of who spoke with whom: for its owner and group only. */
function openLog(path: string): number {
  try {
    return openSync(path, 'a', 0o640);
  } catch (cause) {
    throw new Error(`--flow-log: expected a file that can be written, found ${(cause as Error).message}`, {
      cause,
    });
  }
}
