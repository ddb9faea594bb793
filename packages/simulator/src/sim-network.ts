/** Everything that is simulated together: namespaces on one clock, with one source of chance. */
import { type MacAddress, macFromBytes } from '@podlan/wire';
import { SimClock } from './clock.js';
import { Netns } from './kernel/netns.js';
import { type Random, seededRandom } from './random.js';

/** The same seed and the same doings give the same bytes. */
export interface SimNetworkOptions {
  readonly seed?: number;
  readonly clock?: SimClock;
}

/**
 * Namespaces by name.
 * @example
 * ```ts
 * import { SimNetwork } from '@podlan/simulator';
 *
 * const network = new SimNetwork({ seed: 1 });
 * network.addNetns('host-a').name; // => 'host-a'
 * network.netns('host-b'); // => undefined
 * [...network.namespaces].length; // => 1
 * network.nextMac().startsWith('02:'); // => true
 * network.deleteNetns('host-a');
 * network.netns('host-a'); // => undefined
 * ```
 */
export class SimNetwork {
  readonly clock: SimClock;
  readonly random: Random;
  readonly #namespaces = new Map<string, Netns>();
  #macs = 0;

  constructor({ seed = 1, clock = new SimClock() }: SimNetworkOptions = {}) {
    this.clock = clock;
    this.random = seededRandom(seed);
  }

  /** In the order in which they came. */
  get namespaces(): Iterable<Netns> {
    return this.#namespaces.values();
  }

  /** One by its name. */
  netns(name: string): Netns | undefined {
    return this.#namespaces.get(name);
  }

  /** `isBare`: for a state that is restored. Throws RangeError where there is one of this name. */
  addNetns(name: string, { isBare = false }: { readonly isBare?: boolean } = {}): Netns {
    if (this.#namespaces.has(name))
      throw new RangeError(`expected a new name, got ${name}, which there is already`);
    const netns = new Netns({ name, clock: this.clock, random: this.random, isBare });
    this.#namespaces.set(name, netns);
    return netns;
  }

  /** With all its devices, and the other ends of its veth pairs. */
  deleteNetns(name: string): void {
    const netns = this.#namespaces.get(name);
    if (netns === undefined) return;
    for (const device of [...netns.devices]) netns.deleteDevice(device.name);
    this.#namespaces.delete(name);
  }

  /** Locally administered, and of nobody else. */
  nextMac(): MacAddress {
    const number = ++this.#macs;
    const chance = Math.floor(this.random() * 0x10000);
    const bytes = [chance >> 8, chance & 0xff, (number >> 16) & 0xff, (number >> 8) & 0xff, number & 0xff];
    return macFromBytes(Uint8Array.of(0x02, ...bytes));
  }
}
