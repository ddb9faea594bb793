/**
 * An array of `struct mmsghdr`, with what each points at, for recvmmsg(2) and sendmmsg(2). Laid out once:
 *
 *     mmsghdr    | name 8 | namelen 4 | - 4 | iov 8 | iovlen 8 | control 8 | controllen 8 | flags 4 | - 4 | len 4 | - 4 |
 *     iovec      | base 8 | length 8 |
 *     sockaddr   | 32 |
 */
import { addressOf } from './libc.js';
import { SOCKADDR_STRIDE } from './socket-address.js';

const MMSGHDR_BYTES = 64;
const IOVEC_BYTES = 16;
const NAMELEN = 8;
const IOV = 16;
const IOVLEN = 24;
const FLAGS = 48;
const LEN = 56;

export class MessageVector {
  readonly slots: number;
  /** Of the first mmsghdr. */
  readonly address: number;
  readonly view: DataView;
  readonly #iovecs: number;
  readonly #names: number;

  constructor(slots: number) {
    this.slots = slots;
    this.#iovecs = slots * MMSGHDR_BYTES;
    this.#names = this.#iovecs + slots * IOVEC_BYTES;
    const buffer = new ArrayBuffer(Math.max(128, this.#names + slots * SOCKADDR_STRIDE));
    this.view = new DataView(buffer);
    this.address = addressOf(buffer);
    for (let i = 0; i < slots; i++) this.#link(i);
  }

  #link(i: number): void {
    const header = i * MMSGHDR_BYTES;
    setAddress(this.view, header, this.address + this.sockaddr(i));
    setAddress(this.view, header + IOV, this.address + this.#iovecs + i * IOVEC_BYTES);
    setAddress(this.view, header + IOVLEN, 1);
  }

  /** Where in `view` the sockaddr of message `i` lies. */
  sockaddr(i: number): number {
    return this.#names + i * SOCKADDR_STRIDE;
  }

  set(i: number, data: number, length: number, sockaddrBytes: number): void {
    const iovec = this.#iovecs + i * IOVEC_BYTES;
    setAddress(this.view, iovec, data);
    setAddress(this.view, iovec + 8, length);
    this.view.setUint32(i * MMSGHDR_BYTES + NAMELEN, sockaddrBytes, true);
  }

  /** Bytes received. */
  length(i: number): number {
    return this.view.getUint32(i * MMSGHDR_BYTES + LEN, true);
  }

  flags(i: number): number {
    return this.view.getInt32(i * MMSGHDR_BYTES + FLAGS, true);
  }

  /** The address of message `i`, to send from there on. */
  from(i: number): number {
    return this.address + i * MMSGHDR_BYTES;
  }
}

const HIGH = 2 ** 32;

function setAddress(view: DataView, at: number, address: number): void {
  view.setUint32(at, address % HIGH, true);
  view.setUint32(at + 4, Math.floor(address / HIGH), true);
}
