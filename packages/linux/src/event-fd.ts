/** An eventfd: something to `poll` on that any thread of the process can make readable (eventfd(2)). */

import { callError } from './call-error.js';
import * as libc from './libc.js';
import { OwnedFd } from './owned-fd.js';

/** Wakes whoever polls on `fd`; callable from any thread that knows the number. */
export function wakeEventFd(fd: number): void {
  libc.eventfdWrite(fd, 1);
}

/** Makes `fd` unreadable until it is woken again. */
export function drainEventFd(fd: number): void {
  libc.eventfdRead(fd, new Uint8Array(8));
}

export class EventFd extends OwnedFd {
  /** After `close` it does nothing. */
  wake(): void {
    if (this.isOpen) wakeEventFd(this.fd);
  }
}

export function createEventFd(): EventFd {
  const fd = libc.eventfd(0, libc.O_NONBLOCK | libc.O_CLOEXEC);
  if (fd < 0) throw callError('eventfd', []);
  return new EventFd(fd);
}
