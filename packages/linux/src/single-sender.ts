/** Sends the datagrams of a train one by one, for a kernel or a device that refused the train. */
import * as libc from './libc.js';
import { MessageVector } from './message-vector.js';
import type { TrainPacker } from './train-packer.js';

export class SingleSender {
  readonly #fd: number;
  readonly #single = new MessageVector(1, 1);

  constructor(fd: number) {
    this.#fd = fd;
  }

  /** Returns how many of the message's datagrams the kernel took. */
  send(packer: TrainPacker, message: number): number {
    let taken = 0;
    const end = packer.firstIovecs[message + 1]!;
    this.#copyAddress(packer, message);
    for (let i = packer.firstIovecs[message]!; i < end; i++) {
      taken += this.#sendPiece(packer.vector.base(i), packer.vector.bytes(i), packer.segments[message]!);
    }
    return taken;
  }

  #sendPiece(base: number, bytes: number, segment: number): number {
    let taken = 0;
    for (let at = 0; at < bytes; at += segment) {
      this.#single.setIovec(0, base + at, Math.min(segment, bytes - at));
      if (libc.sendmmsg(this.#fd, this.#single.address, 1, 0) === 1) taken++;
    }
    return taken;
  }

  /** And the traffic class, which is what is left of the control messages without UDP_SEGMENT. */
  #copyAddress(packer: TrainPacker, message: number): void {
    this.#single.setData(0, 0, 1);
    packer.addressInto(this.#single, message);
  }
}
