/**
 * Edges in memory, for tests and simulations: a device with two queues, sockets on a network that delivers at once,
 * and a poller that never blocks.
 */
import { ipFromMappedBytes, ipToMappedBytes } from '@podlan/wire';
import type { Device, Poller, SlotBatch, Socket } from './edges.js';
import { canonicalAddress } from './key.js';
import { slotBytes, slotRoom } from './slot-batch.js';

/** Copies into a slot as a read would; a frame longer than the slot is cut. Returns whether it fitted. */
function fill(batch: SlotBatch, slot: number, bytes: Uint8Array): boolean {
  const room = slotRoom(batch, slot);
  const fitting = bytes.subarray(0, room.length);
  room.set(fitting);
  batch.lengths[slot] = fitting.length;
  return fitting.length === bytes.length;
}

/** Calls `take` with a copy of each slot to be sent; returns how many it took. */
function drain(batch: SlotBatch, count: number, take: (bytes: Uint8Array, slot: number) => boolean): number {
  let taken = 0;
  for (let slot = 0; slot < count; slot++) {
    if (batch.lengths[slot] !== 0 && take(slotBytes(batch, slot).slice(), slot)) taken++;
  }
  return taken;
}

export class FakeDevice implements Device {
  /** What the host sent: `read` takes from here. */
  readonly outgoing: Uint8Array[] = [];
  /** What `write` handed to the host. */
  readonly incoming: Uint8Array[] = [];

  read(batch: SlotBatch): number {
    let count = 0;
    while (count < batch.slots && this.outgoing.length > 0) fill(batch, count++, this.outgoing.shift()!);
    return count;
  }

  write(batch: SlotBatch, count: number): number {
    return drain(batch, count, (frame) => this.incoming.push(frame) > 0);
  }
}

export interface Datagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly bytes: Uint8Array;
}

/** Sockets by address and port. Datagrams for nobody are lost, and counted. */
export class FakeNetwork {
  lost = 0;
  /** Every datagram sent, in order. */
  readonly sent: (Datagram & { readonly destination: string; readonly destinationPort: number })[] = [];
  readonly #sockets = new Map<string, FakeSocket>();

  /** A socket bound to an address and port. */
  bind(address: string, port: number): FakeSocket {
    const socket = new FakeSocket(this, canonicalAddress(address), port);
    this.#sockets.set(`${socket.address} ${port}`, socket);
    return socket;
  }

  deliver(datagram: Datagram, destination: string, destinationPort: number): void {
    this.sent.push({ ...datagram, destination, destinationPort });
    const socket = this.#sockets.get(`${destination} ${destinationPort}`);
    if (socket === undefined) this.lost++;
    else socket.arrived.push(datagram);
  }
}

export class FakeSocket implements Socket {
  readonly address: string;
  readonly port: number;
  /** What came from the network: `receive` takes from here. */
  readonly arrived: Datagram[] = [];
  readonly #network: FakeNetwork;

  constructor(network: FakeNetwork, address: string, port: number) {
    this.#network = network;
    this.address = address;
    this.port = port;
  }

  receive(batch: SlotBatch): number {
    let count = 0;
    while (count < batch.slots && this.arrived.length > 0) {
      const { source, sourcePort, bytes } = this.arrived.shift()!;
      if (!fill(batch, count, bytes)) batch.lengths[count] = 0;
      batch.addresses.set(ipToMappedBytes(canonicalAddress(source)), count * 16);
      batch.ports[count] = sourcePort;
      count++;
    }
    return count;
  }

  send(batch: SlotBatch, count: number): number {
    return drain(batch, count, (bytes, slot) => {
      const destination = ipFromMappedBytes(batch.addresses.subarray(slot * 16, slot * 16 + 16));
      const datagram = { source: this.address, sourcePort: this.port, bytes };
      this.#network.deliver(datagram, destination, batch.ports[slot]!);
      return true;
    });
  }
}

/** Where a real poller would block, this one says `woken`, and `idle` is true. */
export class FakePoller implements Poller {
  idle = false;
  #wakes = 0;
  readonly #device: FakeDevice;
  readonly #socket: FakeSocket;

  constructor(device: FakeDevice, socket: FakeSocket) {
    this.#device = device;
    this.#socket = socket;
  }

  wake(): void {
    this.#wakes++;
  }

  wait(_timeoutMs: number): { device: boolean; socket: boolean; woken: boolean } {
    const device = this.#device.outgoing.length > 0;
    const socket = this.#socket.arrived.length > 0;
    this.idle = !device && !socket && this.#wakes === 0;
    const woken = this.idle || this.#wakes > 0;
    this.#wakes = 0;
    return { device, socket, woken };
  }
}
