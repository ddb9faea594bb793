/** An eventfd: something to `poll` on that any thread of the process can make readable (eventfd(2)). */

import * as libc from './libc.js';
import { LinuxError } from './linux-error.js';

/** Wakes whoever polls on `fd`; callable from any thread that knows the number. */
export function wakeEventFd(fd: number): void {
  libc.eventfdWrite(fd, 1);
}

/** Makes `fd` unreadable until it is woken again. */
export function drainEventFd(fd: number): void {
  libc.eventfdRead(fd, new Uint8Array(8));
}

export class EventFd {
  readonly fd: number;
  #open = true;

  constructor(fd: number) {
    this.fd = fd;
  }

  /** After `close` it does nothing. */
  wake(): void {
    if (this.#open) wakeEventFd(this.fd);
  }

  close(): void {
    if (this.#open) libc.close(this.fd);
    this.#open = false;
  }

  [Symbol.dispose](): void {
    this.close();
  }
}

export function createEventFd(): EventFd {
  const fd = libc.eventfd(0, libc.O_NONBLOCK | libc.O_CLOEXEC);
  if (fd < 0) throw new LinuxError({ op: 'eventfd', errno: libc.errnoName(libc.errno()), message: 'failed' });
  return new EventFd(fd);
}
