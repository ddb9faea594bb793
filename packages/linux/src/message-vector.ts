/**
 * An array of `struct mmsghdr`, with what each points at, for recvmmsg(2) and sendmmsg(2). Laid out once:
 *
 *     mmsghdr    | name 8 | namelen 4 | - 4 | iov 8 | iovlen 8 | control 8 | controllen 8 | flags 4 | - 4 | len 4 | - 4 |
 *     iovec      | base 8 | length 8 |
 *     sockaddr   | 32 |
 *     control    | 64 |   two of | cmsg: length 8 | level 4 | type 4 | value 4 | - 4 |
 */
import { IOVEC_BYTES, setAddress, setIovec } from './io-vector.js';
import { addressOf } from './libc.js';
import { SOCKADDR_STRIDE } from './socket-address.js';

const WORD = 4;
const MMSGHDR_BYTES = 64;
const HEADER_WORDS = MMSGHDR_BYTES / WORD;
export const CONTROL_BYTES = 64;
// In words.
const NAMELEN = 2;
const IOV = 4;
const IOVLEN = 6;
const CONTROL = 8;
const CONTROLLEN = 10;
const FLAGS = 12;
const LEN = 14;

export class MessageVector {
  readonly messages: number;
  readonly iovecs: number;
  /** Of the first mmsghdr. */
  readonly address: number;
  /** All of it, in words and in bytes. */
  readonly words: Uint32Array;
  readonly view: DataView;
  readonly #iovecsAt: number;
  readonly #namesAt: number;
  readonly #controlsAt: number;

  constructor(messages: number, iovecs: number) {
    this.messages = messages;
    this.iovecs = iovecs;
    this.#iovecsAt = messages * MMSGHDR_BYTES;
    this.#namesAt = this.#iovecsAt + iovecs * IOVEC_BYTES;
    this.#controlsAt = this.#namesAt + messages * SOCKADDR_STRIDE;
    const buffer = new ArrayBuffer(Math.max(128, this.#controlsAt + messages * CONTROL_BYTES));
    this.words = new Uint32Array(buffer);
    this.view = new DataView(buffer);
    this.address = addressOf(buffer);
    for (let i = 0; i < messages; i++) this.#link(i);
  }

  #link(i: number): void {
    const header = i * HEADER_WORDS;
    setAddress(this.words, header, this.address + this.sockaddr(i));
    setAddress(this.words, header + CONTROL, this.address + this.control(i));
  }

  /** Where in `view` the sockaddr of message `i` lies. */
  sockaddr(i: number): number {
    return this.#namesAt + i * SOCKADDR_STRIDE;
  }

  /** Where in `view` the control messages of message `i` lie. */
  control(i: number): number {
    return this.#controlsAt + i * CONTROL_BYTES;
  }

  setIovec(i: number, base: number, length: number): void {
    setIovec(this.words, this.#iovecsAt / WORD, i, base, length);
  }

  base(iovec: number): number {
    const at = (this.#iovecsAt + iovec * IOVEC_BYTES) / WORD;
    return this.words[at]! + this.words[at + 1]! * 2 ** 32;
  }

  bytes(iovec: number): number {
    return this.words[(this.#iovecsAt + iovec * IOVEC_BYTES) / WORD + 2]!;
  }

  /** Which iovecs message `i` is made of. */
  setData(i: number, firstIovec: number, count: number): void {
    const header = i * HEADER_WORDS;
    setAddress(this.words, header + IOV, this.address + this.#iovecsAt + firstIovec * IOVEC_BYTES);
    this.words[header + IOVLEN] = count;
  }

  /** Bytes of the sockaddr and of the control messages: what there is, or room for what comes. */
  setSizes(i: number, sockaddrBytes: number, controlBytes: number): void {
    this.words[i * HEADER_WORDS + NAMELEN] = sockaddrBytes;
    this.words[i * HEADER_WORDS + CONTROLLEN] = controlBytes;
  }

  controlBytes(i: number): number {
    return this.words[i * HEADER_WORDS + CONTROLLEN]!;
  }

  /** Bytes received. */
  length(i: number): number {
    return this.words[i * HEADER_WORDS + LEN]!;
  }

  flags(i: number): number {
    return this.words[i * HEADER_WORDS + FLAGS]!;
  }

  /** The address of message `i`, to send from there on. */
  from(i: number): number {
    return this.address + i * MMSGHDR_BYTES;
  }
}
