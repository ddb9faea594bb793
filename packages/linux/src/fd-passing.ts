/**
 * Open files handed from one process to another, by messages of a Unix datagram socket (unix(7), SCM_RIGHTS). What is
 * received is the same open file under a number of the receiver's own: what waits in it stays there, and it is closed
 * when both have closed it.
 *
 *     msghdr       | name 8 | namelen 4 | - 4 | iov 8 | iovlen 8 | control 8 | controllen 8 | flags 4 | - 4 |
 *     iovec        | base 8 | length 8 |
 *     cmsg         | length 8 | level 4 | type 4 | one number of 4 bytes for each file … |
 *     sockaddr_un  | family 2 | path 108 |
 */
import { rmSync } from 'node:fs';
import { callError, type Reasons } from './call-error.js';
import { setAddress, setIovec } from './io-vector.js';
import * as libc from './libc.js';
import { closeOnFailure, OwnedFd } from './owned-fd.js';

const AF_UNIX = 1;
const SOL_SOCKET = 1;
const SCM_RIGHTS = 1;
const SO_PEERCRED = 17;
/** Those received are closed at exec, too. */
const MSG_CMSG_CLOEXEC = 0x4000_0000;
/** SCM_MAX_FD of Linux. */
const MAX_FDS = 253;
/** sun_path with its closing zero. */
const PATH_BYTES = 108;
const CMSG_HEADER_BYTES = 16;
const TEXT_BYTES = 4096;

// Of the buffer that holds one message, in bytes.
const IOVEC = 56;
const NAME = 72;
const CONTROL = 184;
const TEXT = CONTROL + CMSG_HEADER_BYTES + MAX_FDS * 4 + 4;

/** A text, and the files that came with it, which are the receiver's to close. */
export interface PassedFds {
  readonly text: string;
  readonly fds: readonly number[];
}

/**
 * Sends a text and open files to whoever has bound `path`. They stay open here. Throws LinuxError: `ECONNREFUSED` and
 * `ENOENT` where nobody has, `EBADF` for what is no open file, `EAGAIN` where the receiver's queue is full.
 * @example
 * ```ts
 * import { createEventFd, FdReceiver, sendFds } from '@podlan/linux';
 *
 * const path = `/tmp/fd-passing-${process.pid}.sock`;
 * const receiver = FdReceiver.bind(path);
 * using event = createEventFd();
 * sendFds(path, { text: 'an event', fds: [event.fd] });
 * receiver.receive()?.text; // => 'an event'
 * receiver.close();
 * ```
 */
export function sendFds(path: string, { text, fds }: PassedFds): void {
  if (fds.length > MAX_FDS)
    throw new RangeError(`fds: expected at most ${MAX_FDS} descriptors, got ${fds.length}`);
  const bytes = new TextEncoder().encode(text);
  if (bytes.length > TEXT_BYTES)
    throw new RangeError(`text: expected at most ${TEXT_BYTES} bytes, got ${bytes.length}`);
  const message = new Message(path);
  message.put(bytes, fds);
  using socket = openSocket(path);
  if (libc.sendmsg(socket.fd, message.address, 0) < 0) throw passingError('sendmsg', path);
}

/**
 * Where open files arrive: a Unix datagram socket, there until `close` or the end of a `using` block.
 * @example
 * ```ts
 * import { createEventFd, EventFd, FdReceiver, Poller, sendFds } from '@podlan/linux';
 *
 * const path = `/tmp/fd-receiver-${process.pid}.sock`;
 * using receiver = FdReceiver.bind(path);
 * receiver.receive(); // => undefined
 *
 * using event = createEventFd();
 * sendFds(path, { text: '', fds: [event.fd] });
 * using same = new EventFd(receiver.receive()!.fds[0]!);
 * using poller = new Poller({ device: -1, socket: -1, wake: event.fd });
 * same.wake();
 * poller.wait(-1).woken; // => true
 * ```
 */
export class FdReceiver extends OwnedFd {
  readonly path: string;

  private constructor(fd: number, path: string) {
    super(fd);
    this.path = path;
  }

  /**
   * Makes the socket at `path`, which must not be there. Throws LinuxError: `EADDRINUSE`, `ENOENT`, `ENAMETOOLONG`.
   * What it overrides is the `bind` of every function, and so of every class.
   */
  static override bind(path: string): FdReceiver {
    const socket = openSocket(path);
    return closeOnFailure(socket.fd, () => {
      const message = new Message(path);
      const name = new Uint8Array(message.buffer, NAME, message.nameBytes);
      if (libc.bindSocket(socket.fd, name, name.length) < 0) throw passingError('bind', path);
      return new FdReceiver(socket.fd, path);
    });
  }

  /** The next message, without waiting for one. Throws LinuxError of recvmsg(2). */
  receive(): PassedFds | undefined {
    const message = new Message(undefined);
    const count = libc.recvmsg(this.fd, message.address, MSG_CMSG_CLOEXEC);
    if (count >= 0) return message.take(count);
    const number = libc.errno();
    if (number === libc.ERRNO.EAGAIN) return undefined;
    throw callError('recvmsg', [this.path], REASONS, number);
  }

  /** Removes the path, too. */
  override close(): void {
    if (this.isOpen) rmSync(this.path, { force: true });
    super.close();
  }
}

/**
 * The process that listens on a Unix stream socket, by its number here; 0 where this process can't see it (it is in
 * another pid namespace). Throws LinuxError: `ECONNREFUSED` and `ENOENT` where none listens.
 * @example
 * ```ts
 * import { once } from 'node:events';
 * import { createServer } from 'node:net';
 * import { listenerPid } from '@podlan/linux';
 *
 * const path = `/tmp/listener-${process.pid}.sock`;
 * const server = createServer().listen(path);
 * await once(server, 'listening');
 * listenerPid(path) === process.pid; // => true
 * server.close();
 * ```
 */
export function listenerPid(path: string): number {
  using socket = openSocket(path, libc.SOCK_STREAM);
  const message = new Message(path);
  const name = new Uint8Array(message.buffer, NAME, message.nameBytes);
  if (libc.connect(socket.fd, name, name.length) < 0) throw passingError('connect', path);
  // struct ucred: | pid 4 | uid 4 | gid 4 |
  const credentials = new Uint8Array(12);
  const length = new Uint8Array(Int32Array.of(credentials.length).buffer);
  if (libc.getsockopt(socket.fd, SOL_SOCKET, SO_PEERCRED, credentials, length) < 0)
    throw passingError('getsockopt(SO_PEERCRED)', path);
  return new DataView(credentials.buffer).getInt32(0, true);
}

/** One message, with all that its header points at. */
class Message {
  readonly buffer = new ArrayBuffer(TEXT + TEXT_BYTES);
  readonly address: number = libc.addressOf(this.buffer);
  readonly nameBytes: number;
  readonly #words = new Uint32Array(this.buffer);

  /** `path`: where it is to go. */
  constructor(path: string | undefined) {
    this.nameBytes = path === undefined ? 0 : this.#setName(path);
    if (path !== undefined) setAddress(this.#words, 0, this.address + NAME);
    this.#words[2] = this.nameBytes;
    setAddress(this.#words, 4, this.address + IOVEC);
    this.#words[6] = 1;
    setAddress(this.#words, 8, this.address + CONTROL);
    this.#words[10] = TEXT - CONTROL;
    setIovec(this.#words, IOVEC / 4, 0, this.address + TEXT, TEXT_BYTES);
  }

  put(text: Uint8Array, fds: readonly number[]): void {
    const length = CMSG_HEADER_BYTES + fds.length * 4;
    const control = CONTROL / 4;
    new Uint8Array(this.buffer).set(text, TEXT);
    setIovec(this.#words, IOVEC / 4, 0, this.address + TEXT, text.length);
    this.#words[10] = fds.length === 0 ? 0 : length;
    this.#words.set([length, 0, SOL_SOCKET, SCM_RIGHTS, ...fds], control);
  }

  /** One control message at most comes: nothing else was asked for. */
  take(textBytes: number): PassedFds {
    const control = CONTROL / 4;
    const bytes = this.#words[10] === 0 ? CMSG_HEADER_BYTES : this.#words[control]!;
    const fds = this.#words.slice(control + CMSG_HEADER_BYTES / 4, control + bytes / 4);
    const text = new TextDecoder().decode(new Uint8Array(this.buffer, TEXT, textBytes));
    return { text, fds: [...fds] };
  }

  #setName(path: string): number {
    const bytes = new TextEncoder().encode(path);
    if (bytes.length >= PATH_BYTES || bytes.length === 0)
      throw callError('bind', [path], REASONS, libc.ERRNO.ENAMETOOLONG);
    new DataView(this.buffer).setUint16(NAME, AF_UNIX, true);
    new Uint8Array(this.buffer).set(bytes, NAME + 2);
    return 2 + bytes.length + 1;
  }
}

function openSocket(path: string, type: number = libc.SOCK_DGRAM): OwnedFd {
  const fd = libc.socket(AF_UNIX, type | libc.O_NONBLOCK | libc.O_CLOEXEC, 0);
  if (fd < 0) throw passingError('socket', path);
  return new OwnedFd(fd);
}

const REASONS: Reasons = {
  ECONNREFUSED: 'nobody listens there any more',
  ENOENT: 'nothing of this name is there',
  ENAMETOOLONG: `expected a path of 1 to ${PATH_BYTES - 1} bytes`,
  EADDRINUSE: 'something of this name is there already',
  EAGAIN: 'its queue is full',
  EBADF: 'one of the descriptors is no open file',
};

const passingError = (op: string, path: string) => callError(op, [path], REASONS);
