/**
 * Edges in memory, for tests and simulations: a device with two queues, sockets on a network that delivers at once,
 * and a poller that never blocks. Super-packets and trains go through them as through the kernel's.
 * @module @podlan/dataplane/fakes
 */
import { ipFromMappedBytes, ipToMappedBytes } from '@podlan/wire';
import { canonicalAddress } from './arguments.js';
import type { Device, FrameBatch, Merged, Poller, SlotBatch, Socket } from './edges.js';
import { frameBytes, frameHeader } from './frame-batch.js';
import { slotDatagrams, slotHeader, slotRoom } from './slot-batch.js';

/** UDP_GRO_CNT_MAX of Linux. */
const MAX_GRO_DATAGRAMS = 64;
/** What one UDP datagram could hold, and so a train. */
const MAX_TRAIN_BYTES = 65507;

/** Copies into a slot as a read would; a frame longer than the slot is cut. Returns whether it fitted. */
function fill(batch: SlotBatch, slot: number, bytes: Uint8Array): boolean {
  const room = slotRoom(batch, slot);
  const fitting = bytes.subarray(0, room.length);
  room.set(fitting);
  batch.lengths[slot] = fitting.length;
  return fitting.length === bytes.length;
}

/**
 * A device whose frames a test puts in and takes out.
 * @example
 * ```ts
 * import { Forwarder, slotBytes } from '@podlan/dataplane';
 * import { FakeDevice } from '@podlan/dataplane/fakes';
 *
 * const { tx, frames } = await Forwarder.create();
 * const device = new FakeDevice();
 * device.outgoing.push(Uint8Array.of(1, 2, 3));
 * device.read(tx); // => 1
 * slotBytes(tx, 0); // => Uint8Array.of(1, 2, 3)
 * device.write(frames, 0); // => 0
 * device.incoming; // => []
 * ```
 */
export class FakeDevice implements Device {
  /** What the host sent: `read` takes from here. */
  readonly outgoing: Uint8Array[] = [];
  /** The vnet_hdr of those in `outgoing` that have one: super-packets, and frames without a checksum. */
  readonly outgoingHeaders = new Map<Uint8Array, Uint8Array>();
  /** What `write` handed to the host. */
  readonly incoming: Uint8Array[] = [];
  /** The vnet_hdr of each frame in `incoming`. */
  readonly incomingHeaders: Uint8Array[] = [];
  readonly merged: Merged;

  constructor(merged: Merged = { tcp: true, udp: true }) {
    this.merged = merged;
  }

  read(batch: SlotBatch): number {
    let count = 0;
    while (count < batch.slots && this.outgoing.length > 0) {
      const frame = this.outgoing.shift()!;
      const header = this.outgoingHeaders.get(frame);
      if (header) slotHeader(batch, count).set(header);
      else slotHeader(batch, count).fill(0);
      fill(batch, count++, frame);
    }
    return count;
  }

  write(batch: FrameBatch, count: number): number {
    for (let frame = 0; frame < count; frame++) {
      this.incoming.push(frameBytes(batch, frame));
      this.incomingHeaders.push(frameHeader(batch, frame).slice());
    }
    return count;
  }
}

/** A datagram on its way. */
export interface Datagram {
  readonly source: string;
  readonly sourcePort: number;
  readonly bytes: Uint8Array;
  /** Outer; 0 where it is not told. */
  readonly trafficClass?: number;
}

/** What a socket does beside carrying datagrams. */
export interface FakeSocketOptions {
  /** Whether `receive` joins neighbouring datagrams of one sender into trains, as UDP_GRO does. */
  readonly trains?: boolean;
}

/**
 * Sockets by address and port. Datagrams for nobody are lost, and counted.
 * @example
 * ```ts
 * import { FakeNetwork } from '@podlan/dataplane/fakes';
 *
 * const network = new FakeNetwork();
 * const socket = network.bind('192.168.77.12', 8472);
 * const datagram = { source: '192.168.77.11', sourcePort: 5000, bytes: Uint8Array.of(1, 2, 3) };
 * network.deliver(datagram, '192.168.77.12', 8472);
 * network.deliver(datagram, '192.168.77.13', 8472);
 * socket.arrived; // => [datagram]
 * network.lost; // => 1
 * ```
 */
export class FakeNetwork {
  lost = 0;
  /** Every datagram sent, in order. */
  readonly sent: (Datagram & { readonly destination: string; readonly destinationPort: number })[] = [];
  readonly #sockets = new Map<string, FakeSocket>();

  /** A socket bound to an address and port. */
  bind(address: string, port: number, options: FakeSocketOptions = {}): FakeSocket {
    const socket = new FakeSocket(this, canonicalAddress(address), port, options);
    this.#sockets.set(`${socket.address} ${port}`, socket);
    return socket;
  }

  /** Hands a datagram to the socket that is bound there, at once. */
  deliver(datagram: Datagram, destination: string, destinationPort: number): void {
    this.sent.push({ ...datagram, destination, destinationPort });
    const socket = this.#sockets.get(`${destination} ${destinationPort}`);
    if (socket === undefined) this.lost++;
    else socket.arrived.push(datagram);
  }
}

/**
 * Made by {@link FakeNetwork}'s `bind`.
 * @example
 * ```ts
 * import { Forwarder, slotRoom } from '@podlan/dataplane';
 * import { FakeNetwork } from '@podlan/dataplane/fakes';
 * import { ipToMappedBytes, parseIpAddress } from '@podlan/wire';
 *
 * const { tx, rx } = await Forwarder.create();
 * const network = new FakeNetwork();
 * const from = network.bind('192.168.77.11', 8472);
 * const to = network.bind('192.168.77.12', 8472);
 * slotRoom(tx, 0).set([1, 2, 3]);
 * tx.lengths[0] = 3;
 * tx.addresses.set(ipToMappedBytes(parseIpAddress('192.168.77.12')!));
 * tx.ports[0] = 8472;
 * from.send(tx, 1); // => 1
 * to.receive(rx); // => 1
 * rx.lengths[0]; // => 3
 * ```
 */
export class FakeSocket implements Socket {
  readonly address: string;
  readonly port: number;
  /** What came from the network: `receive` takes from here. */
  readonly arrived: Datagram[] = [];
  readonly #network: FakeNetwork;
  readonly #trains: boolean;

  constructor(network: FakeNetwork, address: string, port: number, { trains = false }: FakeSocketOptions) {
    this.#network = network;
    this.#trains = trains;
    this.address = address;
    this.port = port;
  }

  receive(batch: SlotBatch): number {
    let count = 0;
    while (count < batch.slots && this.arrived.length > 0) this.#receiveOne(batch, count++);
    return count;
  }

  #receiveOne(batch: SlotBatch, slot: number): void {
    const first = this.arrived.shift()!;
    if (!fill(batch, slot, first.bytes)) batch.lengths[slot] = 0;
    batch.segments[slot] = 0;
    batch.addresses.set(ipToMappedBytes(canonicalAddress(first.source)), slot * 16);
    batch.ports[slot] = first.sourcePort;
    batch.classes[slot] = first.trafficClass ?? 0;
    if (this.#trains) this.#lengthen(batch, slot, first);
  }

  /** Adds what has arrived next, as long as it continues the train and fits. */
  #lengthen(batch: SlotBatch, slot: number, first: Datagram): void {
    const room = slotRoom(batch, slot).subarray(0, MAX_TRAIN_BYTES);
    let shortest = first.bytes.length;
    for (let joined = 1; joined < MAX_GRO_DATAGRAMS && shortest === first.bytes.length; joined++) {
      const next = this.arrived[0];
      const length = batch.lengths[slot]!;
      if (!next || !continuesTrain(first, next) || length + next.bytes.length > room.length) return;
      this.arrived.shift();
      room.set(next.bytes, length);
      batch.lengths[slot] = length + next.bytes.length;
      batch.segments[slot] = first.bytes.length;
      shortest = next.bytes.length;
    }
  }

  send(batch: SlotBatch, count: number): number {
    let taken = 0;
    for (let slot = 0; slot < count; slot++) taken += this.#sendOne(batch, slot);
    return taken;
  }

  #sendOne(batch: SlotBatch, slot: number): number {
    const destination = ipFromMappedBytes(batch.addresses.subarray(slot * 16, slot * 16 + 16));
    const datagrams = slotDatagrams(batch, slot);
    for (const bytes of datagrams) {
      const from = { source: this.address, sourcePort: batch.sourcePorts[slot] || this.port };
      const datagram = { ...from, bytes: bytes.slice(), trafficClass: batch.classes[slot]! };
      this.#network.deliver(datagram, destination, batch.ports[slot]!);
    }
    return datagrams.length;
  }
}

function continuesTrain(first: Datagram, next: Datagram): boolean {
  const same = next.source === first.source && next.sourcePort === first.sourcePort;
  const { length } = next.bytes;
  return same && next.trafficClass === first.trafficClass && length > 0 && length <= first.bytes.length;
}

/**
 * Where a real poller would block, this one says `woken`, and `idle` is true.
 * @example
 * ```ts
 * import { FakeDevice, FakeNetwork, FakePoller } from '@podlan/dataplane/fakes';
 *
 * const device = new FakeDevice();
 * const poller = new FakePoller(device, new FakeNetwork().bind('192.168.77.11', 8472));
 * device.outgoing.push(Uint8Array.of(1, 2, 3));
 * poller.wait(-1); // => { device: true, socket: false, woken: false }
 * device.outgoing.length = 0;
 * poller.wait(-1); // => { device: false, socket: false, woken: true }
 * poller.idle; // => true
 * poller.wake();
 * poller.wait(-1).woken; // => true
 * poller.idle; // => false
 * ```
 */
export class FakePoller implements Poller {
  idle = false;
  #wakes = 0;
  readonly #device: FakeDevice;
  readonly #socket: FakeSocket;

  constructor(device: FakeDevice, socket: FakeSocket) {
    this.#device = device;
    this.#socket = socket;
  }

  /** As an eventfd would: the next wait says `woken`. */
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
