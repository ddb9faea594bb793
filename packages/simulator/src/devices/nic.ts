/** A network card with its cable, and the switch that cables lead to. */

import { EthernetView, type MacAddress } from '@podlan/wire';
import type { SimClock } from '../clock.js';
import type { Packet } from '../kernel/packet.js';
import type { Random } from '../random.js';
import { Device } from './device.js';
import { HEADERS_BYTES } from './veth.js';

/** What a cable does to frames, in each direction. */
export interface Cable {
  /** Share of the frames that is lost, from 0 to 1. */
  loss: number;
  /** One way. */
  delayMs: number;
  /** Added to the delay, evenly from 0 on: frames may overtake one another. */
  jitterMs: number;
  /** Share of the frames that comes twice. */
  duplication: number;
  cut: boolean;
}

export const PERFECT_CABLE: Readonly<Cable> = {
  loss: 0,
  delayMs: 0,
  jitterMs: 0,
  duplication: 0,
  cut: false,
};

/** What carries frames between cards. */
export interface Medium {
  readonly clock: SimClock;
  readonly random: Random;
  carry(packet: Packet, from: Nic): void;
}

/**
 * A network card of a namespace. Its `cable` may lose, delay and double frames, or be cut.
 * @example
 * ```ts
 * import { Nic, SimNetwork, Switch } from '@podlan/simulator';
 *
 * const network = new SimNetwork();
 * const netns = network.addNetns('host-a');
 * const eth0 = new Nic(netns, { name: 'eth0', mac: network.nextMac(), mtu: 1500, up: true });
 * netns.addDevice(eth0);
 * const link = new Switch(network.clock, network.random);
 * link.plug(eth0);
 * [eth0.carrier, eth0.isPerfect]; // => [true, true]
 * eth0.deliver({ bytes: new Uint8Array(60), mark: 0, hops: 0 }); // as the link does
 * network.clock.run();
 * eth0.counters.rxPackets; // => 1
 * eth0.receive({ bytes: new Uint8Array(1519), mark: 0, hops: 0 }); // more than its MTU, and headers
 * eth0.counters.rxPackets; // => 1
 * eth0.cable.loss = 0.5;
 * eth0.isPerfect; // => false
 * eth0.cable.cut = true;
 * eth0.carrier; // => false
 * ```
 */
export class Nic extends Device {
  readonly type = 'nic';
  readonly cable: Cable = { ...PERFECT_CABLE };
  medium: Medium | undefined;

  override get carrier(): boolean {
    return this.medium !== undefined && !this.cable.cut;
  }

  protected send(packet: Packet): void {
    const medium = this.medium!;
    this.#pass(packet, medium, () => medium.carry(packet, this));
  }

  /** As the other end of a veth pair does, it takes no more than its own MTU. */
  override receive(packet: Packet): void {
    if (packet.bytes.length <= this.mtu + HEADERS_BYTES) super.receive(packet);
    else
      this.drop(packet, 'too-big', `${packet.bytes.length - 14} bytes, and ${this.name} takes ${this.mtu}`);
  }

  /** Whether frames come through its cable at once, and all of them. */
  get isPerfect(): boolean {
    const { loss, delayMs, jitterMs, duplication, cut } = this.cable;
    return loss === 0 && delayMs === 0 && jitterMs === 0 && duplication === 0 && !cut;
  }

  /** From the medium: through the cable to the card. */
  deliver(packet: Packet): void {
    if (this.medium === undefined) return;
    this.#pass(packet, this.medium, () => this.receive(packet));
  }

  #pass(packet: Packet, { clock, random }: Medium, arrive: () => void): void {
    const { loss, delayMs, jitterMs, duplication, cut } = this.cable;
    if (cut) {
      this.drop(packet, 'no-carrier', `the cable of ${this.name} is cut`);
      return;
    }
    if (loss > 0 && random() < loss) {
      this.drop(packet, 'lost-on-link', `lost on the cable of ${this.name}`);
      return;
    }
    const delay = () => delayMs + (jitterMs > 0 ? random() * jitterMs : 0);
    clock.at(delay(), arrive);
    if (duplication > 0 && random() < duplication) clock.at(delay(), arrive);
  }

  override dispose(): void {
    super.dispose();
    this.medium = undefined;
  }
}

/**
 * A switch that learns, and forgets nothing: a card that moves is seen to by its next frame.
 * @example
 * ```ts
 * import { Nic, SimNetwork, Switch } from '@podlan/simulator';
 *
 * const network = new SimNetwork();
 * const link = new Switch(network.clock, network.random);
 * const cards = ['host-a', 'host-b'].map((name) => {
 *   const netns = network.addNetns(name);
 *   const card = new Nic(netns, { name: 'eth0', mac: network.nextMac(), mtu: 1500, up: true });
 *   netns.addDevice(card);
 *   link.plug(card);
 *   return card;
 * });
 * const [a, b] = [cards[0]!, cards[1]!];
 * const frame = new Uint8Array(60).fill(0xff, 0, 6); // to all
 * link.carry({ bytes: frame, mark: 0, hops: 0 }, a);
 * network.clock.run();
 * b.counters.rxPackets; // => 1
 * link.unplug(b);
 * b.carrier; // => false
 * b.dispose();
 * ```
 */
export class Switch implements Medium {
  readonly clock: SimClock;
  readonly random: Random;
  readonly #cards = new Set<Nic>();
  readonly #learned = new Map<MacAddress, Nic>();
  readonly #view = new EthernetView();

  constructor(clock: SimClock, random: Random) {
    this.clock = clock;
    this.random = random;
  }

  /** A card is on this link from now on. */
  plug(card: Nic): void {
    card.medium = this;
    this.#cards.add(card);
  }

  /** A card is on no link any more. */
  unplug(card: Nic): void {
    card.medium = undefined;
    this.#cards.delete(card);
    for (const [mac, known] of this.#learned) if (known === card) this.#learned.delete(mac);
  }

  /** To the card that has the destination, or to all others where none is known to have it. */
  carry(packet: Packet, from: Nic): void {
    if (!this.#view.reset(packet.bytes)) return;
    const { destination, source } = this.#view;
    this.#learned.set(source, from);
    const known = this.#learned.get(destination);
    if (known !== undefined) {
      if (known !== from) known.deliver(packet);
      return;
    }
    const copy = { ...packet, isFlooded: true };
    // One appointment for those who get it at once, in their order: of thousands each would be one.
    const atOnce: Nic[] = [];
    for (const card of this.#cards) {
      if (card === from) continue;
      if (card.isPerfect) atOnce.push(card);
      else card.deliver(copy);
    }
    this.clock.at(0, () => {
      for (const card of atOnce) if (card.medium === this) card.receive(copy);
    });
  }
}
