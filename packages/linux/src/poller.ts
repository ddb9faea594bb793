/** Waits for a device, a socket or a wake-up with poll(2). It blocks its thread. */
import { callError } from './call-error.js';
import { drainEventFd } from './event-fd.js';
import * as libc from './libc.js';

/** poll.h */
const POLLIN = 1;
/** struct pollfd: | fd 4 | events 2 | revents 2 | */
const POLLFD_BYTES = 8;
const REVENTS = 6;

/** File descriptors to wait for. -1 stands for none (poll(2) passes over it). */
export interface PolledFds {
  readonly device: number;
  readonly socket: number;
  /** An {@link EventFd}'s: whoever wakes it wakes the poller. */
  readonly wake: number;
}

/** Which of the three can be read. */
export interface Readiness {
  readonly device: boolean;
  readonly socket: boolean;
  readonly woken: boolean;
}

type Mutable<T> = { -readonly [Key in keyof T]: T[Key] };

/**
 * Waits for three descriptors at once. Closing it closes none of them.
 * @example
 * ```ts
 * import { createEventFd, Poller, UdpSocket } from '@podlan/linux';
 * import { parseIpAddress } from '@podlan/wire';
 *
 * using socket = UdpSocket.bind(parseIpAddress('127.0.0.1')!, 0);
 * using wake = createEventFd();
 * using poller = new Poller({ device: -1, socket: socket.fd, wake: wake.fd });
 * poller.wait(1); // => { device: false, socket: false, woken: false }
 * wake.wake();
 * poller.wait(-1); // => { device: false, socket: false, woken: true }
 * ```
 */
export class Poller {
  readonly #wake: number;
  readonly #fds = new DataView(new ArrayBuffer(128));
  readonly #address = libc.addressOf(this.#fds.buffer as ArrayBuffer);
  /** One for all calls: `wait` is on the way of every packet. */
  readonly #ready: Mutable<Readiness> = { device: false, socket: false, woken: false };

  constructor({ device, socket, wake }: PolledFds) {
    this.#wake = wake;
    for (const [i, fd] of [device, socket, wake].entries()) {
      this.#fds.setInt32(i * POLLFD_BYTES, fd, true);
      this.#fds.setInt16(i * POLLFD_BYTES + 4, POLLIN, true);
    }
  }

  /**
   * Blocks the thread until one can be read, or for `timeoutMs`; -1: for ever. An error on a device or socket counts as
   * readable: reading it tells. A wake-up is taken: the next wait asks for another. Throws LinuxError of poll(2).
   */
  wait(timeoutMs: number): Readiness {
    const count = libc.poll(this.#address, 3, timeoutMs);
    if (count < 0) this.#expectInterrupted();
    const ready = this.#ready;
    ready.device = count > 0 && this.#happened(0);
    ready.socket = count > 0 && this.#happened(1);
    ready.woken = count > 0 && this.#happened(2);
    if (ready.woken) drainEventFd(this.#wake);
    return ready;
  }

  /** For `using`, as its neighbours; it owns memory only. */
  [Symbol.dispose](): void {
    // It owns memory only.
  }

  #happened(index: number): boolean {
    return this.#fds.getInt16(index * POLLFD_BYTES + REVENTS, true) !== 0;
  }

  #expectInterrupted(): void {
    const number = libc.errno();
    if (number !== libc.ERRNO.EINTR) throw callError('poll', [], {}, number);
  }
}
