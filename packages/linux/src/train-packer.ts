/**
 * Packs slots into as few messages as can be: what goes to one address is one train (UDP_SEGMENT, udp(7)) as long as
 * all its datagrams but the last have one length. A message gathers from the slots where they lie:
 *
 *     slots      | 1472 | 1472 | 1472 | 1472 | 900 |     | 1472 | 1472 | 300 |     | 80 |
 *     messages   '--------- train, closed --------'     '--- train, closed --'     '----'
 */
import type { Family } from '@podlan/wire';
import { writeControl } from './control-messages.js';
import { addressOf } from './libc.js';
import { MessageVector } from './message-vector.js';
import type { SlotBatch } from './slot-batch.js';
import { reachable, SOCKADDR_BYTES, SOCKADDR_STRIDE, writeSockaddr } from './socket-address.js';

/** What an IPv4 datagram holds; that IPv6's 20 bytes more are not used costs nothing. */
const MAX_TRAIN_BYTES = 65507;
/** UDP_MAX_SEGMENTS of kernels before 6.9; newer ones take 128. */
const MAX_TRAIN_DATAGRAMS = 64;
const MESSAGES = 128;
const IOVECS = 512;

export class TrainPacker {
  readonly vector = new MessageVector(MESSAGES, IOVECS);
  /** Per message. */
  readonly datagrams = new Uint32Array(MESSAGES);
  readonly segments = new Uint32Array(MESSAGES);
  readonly firstIovecs = new Uint32Array(MESSAGES + 1);
  readonly #classes = new Uint8Array(MESSAGES);
  /** False: one datagram a message, for a kernel that takes no trains. */
  trains = true;
  readonly #family: Family;
  #batch: SlotBatch | undefined;
  #base = 0;
  #addressWords: Uint32Array = new Uint32Array(0);
  #count = 0;
  #slot = 0;
  /** How much of `#slot` is packed. */
  #packed = 0;
  #messages = 0;
  #iovecs = 0;
  #bytes = 0;
  /** The slot the last message's address is from; -1: no datagram may be added to it. */
  #openSlot = -1;

  constructor(family: Family) {
    this.#family = family;
  }

  begin(batch: SlotBatch, count: number): void {
    this.#hold(batch);
    this.#count = count;
    this.#slot = 0;
    this.#packed = 0;
  }

  /** Packs as many as there is room for; returns how many messages that gave. 0: all are packed. */
  pack(): number {
    this.#messages = 0;
    this.#iovecs = 0;
    this.#openSlot = -1;
    const { lengths, addresses } = this.#batch!;
    for (; this.#slot < this.#count; this.#slot++, this.#packed = 0) {
      if (lengths[this.#slot] === 0 || !reachable(this.#family, addresses, this.#slot * 16)) continue;
      if (!this.#packSlot(this.#slot)) break;
    }
    this.#finishMessage();
    return this.#messages;
  }

  #hold(batch: SlotBatch): void {
    if (this.#batch === batch) return;
    const { addresses, buffer, slots } = batch;
    this.#batch = batch;
    this.#base = addressOf(buffer) + batch.offset;
    this.#addressWords = new Uint32Array(addresses.buffer, addresses.byteOffset, slots * 4);
  }

  /** False: there is no room for all of it. */
  #packSlot(slot: number): boolean {
    const { lengths, segments, starts, stride } = this.#batch!;
    const length = lengths[slot]!;
    const segment = segments[slot] || length;
    const at = this.#base + slot * stride + starts[slot]!;
    while (this.#packed < length) {
      const left = length - this.#packed;
      if (!this.#continuesTrain(slot, segment, left) && !this.#openMessage(slot, segment)) return false;
      if (this.#iovecs === IOVECS) return false;
      const bytes = Math.min(left, this.#room(segment));
      this.vector.setIovec(this.#iovecs++, at + this.#packed, bytes);
      this.#add(bytes);
      this.#packed += bytes;
    }
    return true;
  }

  /** Whole datagrams of `segment` bytes that the open message still takes; of a shorter one, itself. */
  #room(segment: number): number {
    const message = this.#messages - 1;
    const size = this.segments[message]!;
    if (segment < size) return segment;
    if (!this.trains) return segment;
    const byCount = MAX_TRAIN_DATAGRAMS - this.datagrams[message]!;
    const byBytes = Math.floor((MAX_TRAIN_BYTES - this.#bytes) / size);
    return Math.max(1, Math.min(byCount, byBytes)) * segment;
  }

  #continuesTrain(slot: number, segment: number, left: number): boolean {
    if (this.#openSlot < 0 || !this.trains) return false;
    const message = this.#messages - 1;
    const size = this.segments[message]!;
    // A shorter datagram may only end a train.
    const fits = segment === size || (segment < size && left <= segment);
    if (!fits || this.datagrams[message]! >= MAX_TRAIN_DATAGRAMS) return false;
    return this.#bytes + Math.min(left, segment) <= MAX_TRAIN_BYTES && this.#sameEnd(slot, this.#openSlot);
  }

  #sameEnd(slot: number, other: number): boolean {
    const words = this.#addressWords;
    for (let i = 0; i < 4; i++) if (words[slot * 4 + i] !== words[other * 4 + i]) return false;
    const { classes, ports } = this.#batch!;
    return ports[slot] === ports[other] && classes[slot] === classes[other];
  }

  #openMessage(slot: number, segment: number): boolean {
    if (this.#messages === MESSAGES || this.#iovecs === IOVECS) return false;
    this.#finishMessage();
    const message = this.#messages++;
    const { addresses, ports } = this.#batch!;
    const at = this.vector.sockaddr(message);
    writeSockaddr(this.vector.view, at, this.#family, addresses, slot * 16, ports[slot]!);
    this.segments[message] = segment;
    this.datagrams[message] = 0;
    this.#bytes = 0;
    this.#openSlot = slot;
    this.#classes[message] = this.#batch!.classes[slot]!;
    return true;
  }

  #add(bytes: number): void {
    const message = this.#messages - 1;
    const size = this.segments[message]!;
    this.datagrams[message] = this.datagrams[message]! + Math.ceil(bytes / size);
    this.#bytes += bytes;
    if (bytes % size !== 0) this.#openSlot = -1;
  }

  /** Notes what the last message is made of, and where the next one begins. */
  #finishMessage(): void {
    this.firstIovecs[this.#messages] = this.#iovecs;
    if (this.#messages === 0) return;
    const { vector } = this;
    const message = this.#messages - 1;
    const first = this.firstIovecs[message]!;
    const segment = this.datagrams[message]! > 1 ? this.segments[message]! : 0;
    vector.setData(message, first, this.#iovecs - first);
    this.#writeControl(vector, message, message, segment);
  }

  /** Addresses message 0 of `single` as `message` is, to carry one of its datagrams. */
  addressInto(single: MessageVector, message: number): void {
    const from = this.vector.sockaddr(message) / 4;
    const to = single.sockaddr(0) / 4;
    for (let i = 0; i < SOCKADDR_STRIDE / 4; i++) single.words[to + i] = this.vector.words[from + i]!;
    this.#writeControl(single, 0, message, 0);
  }

  #writeControl(into: MessageVector, i: number, message: number, segment: number): void {
    const at = into.control(i);
    const bytes = writeControl(into.words, at, this.#family, segment, this.#classes[message]!);
    into.setSizes(i, SOCKADDR_BYTES[this.#family], bytes);
  }
}
