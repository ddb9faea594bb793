/** An eventfd: something to `poll` on that any thread of the process can make readable (eventfd(2)). */

import { callError } from './call-error.js';
import * as libc from './libc.js';
import { OwnedFd } from './owned-fd.js';

/**
 * Wakes whoever polls on `fd`; callable from any thread that knows the number.
 * @example
 * ```ts
 * import { createEventFd, Poller, wakeEventFd } from '@podlan/linux';
 *
 * using wake = createEventFd();
 * using poller = new Poller({ device: -1, socket: -1, wake: wake.fd });
 * wakeEventFd(wake.fd); // a worker that was told the number may do so too
 * poller.wait(-1).woken; // => true
 * ```
 */
export function wakeEventFd(fd: number): void {
  libc.eventfdWrite(fd, 1);
}

/** Makes `fd` unreadable until it is woken again. */
export function drainEventFd(fd: number): void {
  libc.eventfdRead(fd, new Uint8Array(8));
}

/**
 * An open eventfd. Made by {@link createEventFd}, closed by `close` or by the end of a `using` block.
 * @example
 * ```ts
 * import { createEventFd, Poller } from '@podlan/linux';
 *
 * const wake = createEventFd();
 * using poller = new Poller({ device: -1, socket: -1, wake: wake.fd });
 * wake.wake();
 * wake.wake();
 * poller.wait(-1).woken; // => true
 * poller.wait(0).woken; // => false
 * wake.close();
 * ```
 */
export class EventFd extends OwnedFd {
  /** Makes it readable until a poller was woken by it. After `close` it does nothing. */
  wake(): void {
    if (this.isOpen) wakeEventFd(this.fd);
  }
}

/**
 * Opens one. Throws LinuxError where the process may open no more files.
 * @example
 * ```ts
 * import { createEventFd } from '@podlan/linux';
 *
 * using wake = createEventFd();
 * wake.fd > 2; // => true
 * ```
 */
export function createEventFd(): EventFd {
  const fd = libc.eventfd(0, libc.O_NONBLOCK | libc.O_CLOEXEC);
  if (fd < 0) throw callError('eventfd', []);
  return new EventFd(fd);
}
