/** A file of flow events as JSON lines. SIGHUP opens it anew, after it was moved away (logrotate). */
import { closeSync, fstatSync, openSync, writeSync } from 'node:fs';

const LINE_END = 0x0a;

export class FlowLog implements Disposable {
  readonly #path: string;
  readonly #complain: (message: string) => void;
  readonly #reopen = () => this.#openAnew();
  #fd: number;
  /** The file ends within a line, where room ended. */
  #isTorn = false;
  #isFailing = false;

  /** Throws where it can't be written. `complain` hears of it later. */
  constructor(path: string, complain: (message: string) => void) {
    this.#path = path;
    this.#complain = complain;
    this.#fd = openLog(path);
    process.on('SIGHUP', this.#reopen);
  }

  /** How many of the lines are in the file, from the first on: all, unless its disk is full or broken. */
  append(lines: readonly string[]): number {
    const bytes = Buffer.from((this.#isTorn ? '\n' : '') + lines.join(''));
    const begin = this.#isTorn ? 1 : 0;
    const written = this.#write(bytes);
    if (written > 0) this.#isTorn = bytes[written - 1] !== LINE_END;
    return bytes.subarray(begin, written).filter((byte) => byte === LINE_END).length;
  }

  /** The system may take a part, and refuse the rest. */
  #write(bytes: Buffer): number {
    let written = 0;
    try {
      while (written < bytes.length) written += writeSync(this.#fd, bytes, written);
      this.#isFailing = false;
    } catch (error) {
      if (!this.#isFailing)
        this.#complain(`--flow-log: ${(error as Error).message}; flows are lost, and counted`);
      this.#isFailing = true;
    }
    return written;
  }

  #openAnew(): void {
    try {
      const fresh = openLog(this.#path);
      if (fstatSync(fresh).ino !== fstatSync(this.#fd).ino) this.#isTorn = false;
      closeSync(this.#fd);
      this.#fd = fresh;
    } catch (error) {
      this.#complain(`${(error as Error).message}; flows go on to the file that was open`);
    }
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
