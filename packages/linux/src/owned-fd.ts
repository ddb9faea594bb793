/** A file descriptor with an owner, who closes it; closing it again does nothing. */
import * as libc from './libc.js';

export class OwnedFd {
  readonly fd: number;
  #isOpen = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  protected get isOpen(): boolean {
    return this.#isOpen;
  }

  /** The number may be another file's afterwards, so it is closed only once. */
  close(): void {
    if (this.#isOpen) libc.close(this.fd);
    this.#isOpen = false;
  }

  /** Closes it. */
  [Symbol.dispose](): void {
    this.close();
  }
}

/** For what is left to do before a descriptor that was just opened has its owner. */
export function closeOnFailure<Result>(fd: number, prepare: () => Result): Result {
  try {
    return prepare();
  } catch (error) {
    libc.close(fd);
    throw error;
  }
}
