/**
 * The forwarder: tunnels from prefixes to remote nodes, and the two directions of packets through them, in batches of
 * slots in the module's memory. In a tunnel are frames in VXLAN (RFC 7348 section 5), or bare IPv4 packets.
 *
 * Packets never raise exceptions: each slot gets a verdict, each verdict has a counter.
 */
import { type IpAddress, type IpPrefix, ipToMappedBytes } from '@podlan/wire';
import { canonicalAddress, canonicalPrefix, wholeNumber } from './arguments.js';
import type { FrameBatch, Merged } from './edges.js';
import { type EndpointCounters, endpointCounters } from './endpoint-counters.js';
import { FlowTable, flowPlaces } from './flow-table.js';
import { checkSettings, type ForwarderSettings } from './forwarder-settings.js';
import { frameBatch } from './frame-batch.js';
import * as layout from './layout.js';
import { familyIn, lengthIn, writePrefixInput } from './prefix-input.js';
import { type JudgedBatch, slotBatch } from './slot-batch.js';
import { VERDICTS, type Verdict } from './verdicts.js';
import { type Capacities, createDataplane, type Dataplane, type ModuleSource } from './wasm.js';

/** What memory a forwarder has; it never grows. */
export interface ForwarderOptions {
  /** Slots in each direction, and so packets per call; 128 by default. */
  readonly slots?: number;
  /** Bytes of a slot, its 64 bytes of headroom included. `SUPER_SLOT_BYTES` for devices and sockets that segment. */
  readonly slotBytes?: number;
  /** How many tunnels there is memory for; 16,384 by default. */
  readonly capacity?: number;
  /** How many flows are kept, rounded up to a power of two; 0, and none, by default. */
  readonly flows?: number;
  /** A module of one's own in place of the embedded one: see {@link ModuleSource}. */
  readonly module?: ModuleSource;
}

/** Packets for `prefix` go to the node at `remote`. */
export interface ForwarderTunnel {
  readonly prefix: IpPrefix;
  readonly remote: IpAddress;
  readonly port: number;
}

/** What became of packets. */
export interface ForwarderCounters {
  readonly byVerdict: Readonly<Record<Verdict, number>>;
  readonly endpoints: readonly EndpointCounters[];
}

/**
 * Wraps what a device sends into datagrams and unwraps what comes back, by batch, in place.
 * @example
 * ```ts
 * import { Forwarder } from '@podlan/dataplane';
 * import { FakeDevice, FakeNetwork } from '@podlan/dataplane/fakes';
 *
 * const network = new FakeNetwork();
 * const networks = ['10.244.0.0/16'];
 * const a = {
 *   forwarder: await Forwarder.create(),
 *   device: new FakeDevice(),
 *   socket: network.bind('192.168.77.11', 8472),
 * };
 * a.forwarder.configure({ vni: 1, mac: '02:00:00:00:00:01', networks, subnets: ['10.244.1.0/24'] });
 * a.forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8472);
 * const b = {
 *   forwarder: await Forwarder.create(),
 *   device: new FakeDevice(),
 *   socket: network.bind('192.168.77.12', 8472),
 * };
 * b.forwarder.configure({ vni: 1, mac: '02:00:00:00:00:02', networks, subnets: ['10.244.2.0/24'] });
 * b.forwarder.setTunnel('10.244.1.0/24', '192.168.77.11', 8472);
 *
 * // Ethernet to B's VTEP, then IPv4 from 10.244.1.2 to 10.244.2.2: a header and nothing in it.
 * const ethernet = [2, 0, 0, 0, 0, 2, 2, 0, 0, 0, 0, 1, 8, 0];
 * const ipv4 = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0x61, 0x02, 10, 244, 1, 2, 10, 244, 2, 2];
 * const frame = Uint8Array.from([...ethernet, ...ipv4]);
 * a.device.outgoing.push(frame);
 * a.device.read(a.forwarder.tx); // => 1
 * a.forwarder.encap(1); // => 1
 * a.socket.send(a.forwarder.tx, 1); // => 1
 *
 * b.socket.receive(b.forwarder.rx); // => 1
 * b.forwarder.decap(1); // => 1
 * b.device.write(b.forwarder.frames, 1); // => 1
 * b.device.incoming; // => [frame]
 * b.forwarder.counters().byVerdict['rx-delivered']; // => 1
 * ```
 * @example Bare packets
 * ```ts
 * import { Forwarder, frameBytes, slotBytes, slotRoom } from '@podlan/dataplane';
 *
 * const forwarder = await Forwarder.create({ slots: 2 });
 * forwarder.configure({
 *   type: 'udp',
 *   address: '10.244.1.0',
 *   networks: ['10.244.0.0/16'],
 *   subnets: ['10.244.1.0/24'],
 * });
 * forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8285);
 *
 * // IPv4 from 10.244.1.2 to 10.244.2.2, a header and nothing in it; then to 10.244.3.2, where nobody is.
 * const known = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0x61, 0x02, 10, 244, 1, 2, 10, 244, 2, 2];
 * const unknown = [0x45, 0, 0, 20, 0, 0, 0, 0, 64, 253, 0x60, 0x02, 10, 244, 1, 2, 10, 244, 3, 2];
 * for (const [slot, packet] of [known, unknown].entries()) {
 *   slotRoom(forwarder.tx, slot).set(packet);
 *   forwarder.tx.lengths[slot] = packet.length;
 * }
 * forwarder.encap(2); // => 1
 * slotBytes(forwarder.tx, 0); // => Uint8Array.from(known)
 * forwarder.unreachable(2, 10); // => 1
 * const error = frameBytes(forwarder.frames, 0);
 * error.subarray(12, 16); // => Uint8Array.of(10, 244, 1, 0)
 * error.subarray(20, 22); // => Uint8Array.of(3, 0)
 * error.subarray(28); // => Uint8Array.from(unknown)
 * ```
 * @example Tunnels
 * ```ts
 * import { Forwarder } from '@podlan/dataplane';
 *
 * const forwarder = await Forwarder.create({ slots: 1, capacity: 2 });
 * forwarder.setTunnel('10.244.2.0/24', '192.168.77.12', 8472);
 * forwarder.setTunnel('10.244.3.0/24', '192.168.77.13', 8472);
 * forwarder.tunnels()[0]; // => { prefix: '10.244.2.0/24', remote: '192.168.77.12', port: 8472 }
 * forwarder.deleteTunnel('10.244.2.0/24'); // => true
 * forwarder.clear();
 * forwarder.tunnels(); // => []
 * // A TAP that was opened with segmentation offloads says what it takes.
 * forwarder.coalesce({ tcp: true, udp: false });
 * ```
 */
export class Forwarder {
  /** How many tunnels there is memory for. */
  readonly capacity: number;
  /** From the device, to tunnels. */
  readonly tx: JudgedBatch;
  /** From the socket, to the device. */
  readonly rx: JudgedBatch;
  /** What `decap` left to be written to the device, or `unreachable` to be sent. */
  readonly frames: FrameBatch;
  /** The flows that were seen, where `create` was told to keep any. */
  readonly flows: FlowTable;
  readonly #module: Dataplane;
  readonly #tunnels = new Map<IpPrefix, ForwarderTunnel>();

  private constructor({ slots, slotBytes, capacity, flows = 0 }: Capacities, module: Dataplane) {
    this.capacity = capacity;
    this.#module = module;
    this.tx = slotBatch(this.#module, layout.AREA_TX, slots, slotBytes);
    this.rx = slotBatch(this.#module, layout.AREA_RX, slots, slotBytes);
    this.frames = frameBatch(this.#module, slots);
    this.flows = new FlowTable(module, flows);
  }

  /**
   * Makes one without tunnels, that drops everything until it is configured. Rejects with RangeError for capacities out
   * of range.
   */
  static async create(options: ForwarderOptions = {}): Promise<Forwarder> {
    const {
      slots = layout.DEFAULT_SLOTS,
      slotBytes = layout.DEFAULT_SLOT_BYTES,
      capacity = layout.DEFAULT_TUNNELS,
      flows = 0,
      module,
    } = options;
    wholeNumber('slots', slots, 1, layout.MAX_SLOTS);
    wholeNumber('slotBytes', slotBytes, layout.MIN_SLOT_BYTES, layout.MAX_SLOT_BYTES);
    wholeNumber('capacity', capacity, 1, layout.MAX_TUNNELS);
    wholeNumber('flows', flows, 0, layout.MAX_FLOWS);
    const capacities = { slots, slotBytes, capacity, flows: flowPlaces(flows) };
    return new Forwarder(capacities, await createDataplane(capacities, module));
  }

  /**
   * Replaces all settings. Tunnels and counters stay. Throws TypeError for what is no address or prefix, and
   * RangeError for another VNI or more than 64 prefixes of a list; then nothing has changed.
   */
  configure(settings: ForwarderSettings): void {
    const { kind, vni, identity, networks, subnets } = checkSettings(settings);
    this.#module.key.set(identity);
    this.#module.calls.configure(kind, vni);
    this.#fill(layout.TABLE_NETWORKS, networks);
    this.#fill(layout.TABLE_SUBNETS, subnets);
    // Each tunnel knows how its prefix stands to both.
    for (const { prefix, remote, port } of this.#tunnels.values()) this.setTunnel(prefix, remote, port);
  }

  #fill(table: number, members: readonly IpPrefix[]): void {
    const { calls, key } = this.#module;
    calls.clearMembers(table);
    for (const prefix of members) {
      const shape = writePrefixInput(key, prefix);
      calls.addMember(table, familyIn(shape), lengthIn(shape));
    }
  }

  /**
   * Adds or replaces the tunnel of a prefix. Throws TypeError for what is no prefix or address, and RangeError for
   * another port or where the table is full; then nothing has changed.
   */
  setTunnel(prefixText: string, remoteText: string, port: number): void {
    const { calls, key } = this.#module;
    const prefix = canonicalPrefix(prefixText);
    const remote = canonicalAddress(remoteText);
    wholeNumber('port', port, 1, 65535);
    const shape = writePrefixInput(key, prefix);
    key.set(ipToMappedBytes(remote), layout.KEY_SECOND);
    if (calls.setTunnel(familyIn(shape), lengthIn(shape), port) === layout.FULL) {
      throw new RangeError(`forwarder is full: its capacity is ${this.capacity} tunnels`);
    }
    this.#tunnels.set(prefix, { prefix, remote, port });
  }

  /** Returns whether there was one. RangeError where memory has no room for what takes its place: nothing has changed. */
  deleteTunnel(prefixText: string): boolean {
    const prefix = canonicalPrefix(prefixText);
    const { calls, key } = this.#module;
    const shape = writePrefixInput(key, prefix);
    if (calls.deleteTunnel(familyIn(shape), lengthIn(shape)) === layout.FULL) {
      throw new RangeError('forwarder: no memory is left to change its tunnels in');
    }
    return this.#tunnels.delete(prefix);
  }

  /** All tunnels, in the order they were first set. */
  tunnels(): ForwarderTunnel[] {
    return [...this.#tunnels.values()];
  }

  /** Deletes all tunnels. */
  clear(): void {
    this.#module.calls.clear();
    this.#tunnels.clear();
  }

  /** From now on `decap` merges consecutive segments of a flow into what the device takes; nothing unless told. */
  coalesce({ tcp, udp }: Merged): void {
    this.#module.calls.coalesce((tcp ? layout.COALESCE_TCP : 0) | (udp ? layout.COALESCE_UDP : 0));
  }

  /**
   * Encapsulates slots 0…count-1 of `tx`; those dropped get length 0. A super-packet (see `Device`) becomes a train.
   * Returns how many datagrams are to be sent. `nowMs` is when flows are seen.
   */
  encap(count: number, nowMs = 0): number {
    return this.#module.calls.encap(count, nowMs);
  }

  /**
   * Decapsulates slots 0…count-1 of `rx` into `frames`; returns how many of these are to be written. A slot with one
   * datagram holds its frame afterwards, or gets length 0 where it was dropped. `nowMs` is when flows are seen.
   */
  decap(count: number, nowMs = 0): number {
    return this.#module.calls.decap(count, nowMs);
  }

  /**
   * After `encap(count)`: makes ICMP errors (net unreachable) for what no tunnel leads anywhere with, at most `most`, and
   * leaves them in `frames`; returns how many. Only a forwarder of type `udp` does: with a link layer between, nobody
   * answering is answer enough.
   */
  unreachable(count: number, most: number): number {
    return this.#module.calls.unreachable(count, most);
  }

  /** Packets by verdict since creation; of endpoints, since the first tunnel to each. */
  counters(): ForwarderCounters {
    const byVerdict = VERDICTS.map((name, number) => [name, Number(this.#module.counters[number])]);
    return { byVerdict: Object.fromEntries(byVerdict), endpoints: this.#endpoints() };
  }

  #endpoints(): EndpointCounters[] {
    const { buffer, calls } = this.#module;
    const begin = this.#module.areaOffset(layout.AREA_ENDPOINTS);
    const found: EndpointCounters[] = [];
    for (let index = 0; index < calls.endpointCount(); index++) {
      const record = new DataView(buffer, begin + index * layout.ENDPOINT_BYTES, layout.ENDPOINT_BYTES);
      if (record.getUint32(layout.ENDPOINT_TUNNELS, true) > 0) found.push(endpointCounters(record));
    }
    return found;
  }
}
