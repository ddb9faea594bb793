/** Receives datagrams and trains (UDP_GRO, udp(7)) into slots, each slot its message, laid out once per batch. */
import { readControl, received } from './control-messages.js';
import * as libc from './libc.js';
import { CONTROL_BYTES, MessageVector } from './message-vector.js';
import type { SlotBatch } from './slot-batch.js';
import { readSockaddr, SOCKADDR_STRIDE } from './socket-address.js';

const MSG_TRUNC = 0x20;

export class DatagramReceiver {
  readonly #fd: number;
  #vector = new MessageVector(0, 0);
  #batch: SlotBatch | undefined;
  #starts = new Uint32Array(0);
  /** Messages whose sizes the last call has changed. */
  #used = 0;

  constructor(fd: number) {
    this.#fd = fd;
  }

  receive(batch: SlotBatch): number {
    if (this.#batch !== batch) this.#layOut(batch);
    this.#rewind(batch);
    const count = libc.recvmmsg(this.#fd, this.#vector.address, batch.slots, 0, 0);
    // An ICMP error about an earlier datagram is told here once; it concerns nothing received.
    this.#used = Math.max(0, count);
    for (let i = 0; i < this.#used; i++) this.#take(batch, i);
    return this.#used;
  }

  #layOut(batch: SlotBatch): void {
    this.#batch = batch;
    this.#vector = new MessageVector(batch.slots, batch.slots);
    this.#starts = new Uint32Array(batch.slots).fill(batch.stride);
    this.#used = batch.slots;
    for (let i = 0; i < batch.slots; i++) this.#vector.setData(i, i, 1);
  }

  #rewind(batch: SlotBatch): void {
    const vector = this.#vector;
    const { starts } = batch;
    for (let i = 0; i < this.#used; i++) vector.setSizes(i, SOCKADDR_STRIDE, CONTROL_BYTES);
    for (let i = 0; i < batch.slots; i++) if (starts[i] !== this.#starts[i]) this.#point(batch, i);
  }

  #point(batch: SlotBatch, i: number): void {
    const start = batch.starts[i]!;
    const slot = libc.addressOf(batch.buffer) + batch.offset + i * batch.stride;
    this.#vector.setIovec(i, slot + start, batch.stride - start);
    this.#starts[i] = start;
  }

  #take(batch: SlotBatch, i: number): void {
    const vector = this.#vector;
    const cut = (vector.flags(i) & MSG_TRUNC) !== 0;
    batch.lengths[i] = cut ? 0 : vector.length(i);
    batch.ports[i] = readSockaddr(vector.view, vector.sockaddr(i), batch.addresses, i * 16);
    readControl(vector.words, vector.control(i), vector.controlBytes(i));
    batch.segments[i] = received.segment;
    batch.classes[i] = received.trafficClass;
  }
}
