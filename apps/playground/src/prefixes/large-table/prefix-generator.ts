/**
 * Prefixes with the lengths of the global routing table, placed from short to long: some inside shorter ones, some
 * beside the one placed last, as allocations lie, the rest where nothing is yet in the space that registries give out.
 */
import { ADDRESS_BITS, type Family } from './address-number';
import { LengthMaps } from './length-maps';
import { Random } from './random';

/**
 * How many of each length, of ten thousand: the shape that public route collectors (RouteViews, RIPE RIS) show, rounded,
 * because only the shape matters. Most are as long as neighbors accept: /24 and /48.
 */
const SHARES: Readonly<Record<Family, readonly (readonly [length: number, share: number])[]>> = {
  4: [
    ...([
      [8, 0.2],
      [10, 0.4],
      [11, 1],
      [12, 3],
      [13, 6],
      [14, 13],
      [15, 22],
      [16, 143],
      [17, 88],
      [18, 147],
    ] as const),
    ...([
      [19, 265],
      [20, 455],
      [21, 540],
      [22, 1140],
      [23, 1010],
      [24, 6150],
      [26, 6],
      [28, 4],
      [30, 3],
      [32, 3],
    ] as const),
  ],
  6: [
    ...([
      [20, 1],
      [24, 1],
      [28, 6],
      [29, 250],
      [30, 28],
      [32, 1100],
      [33, 210],
      [34, 210],
      [35, 90],
      [36, 620],
    ] as const),
    ...([
      [38, 210],
      [40, 1060],
      [42, 200],
      [44, 1000],
      [45, 80],
      [46, 300],
      [47, 250],
      [48, 4384],
    ] as const),
  ],
};

/** How many next hops there are: the values. */
export const NEXT_HOPS = 250;

// Of a hundred.
const NESTED = 30;
const NEIGHBOR = 35;
const ATTEMPTS_AT_ROOM = 4;
/** First 16 bits of what the registries hold: 2001::/16, and a /12 each. */
const IPV6_FIRST = [0x2001, 0x2400, 0x2600, 0x2800, 0x2a00, 0x2c00];

export interface GeneratorSettings {
  readonly family: Family;
  readonly size: number;
  readonly seed: number;
}

/** `[length, count]` from short to long; the counts add up to `size`. */
export function lengthCounts({ family, size }: GeneratorSettings): [length: number, count: number][] {
  const whole = SHARES[family].reduce((sum, [, share]) => sum + share, 0);
  let shares = 0;
  let placed = 0;
  return SHARES[family].map(([length, share]) => {
    shares += share;
    const upTo = Math.round((shares / whole) * size);
    const count = upTo - placed;
    placed = upTo;
    return [length, count];
  });
}

/** Different prefixes, one after the other; afterwards they are in `addresses`, `lengths` and `maps`. */
export class PrefixGenerator {
  readonly addresses: Float64Array;
  readonly lengths: Uint8Array;
  readonly maps: LengthMaps;
  placed = 0;
  readonly #settings: GeneratorSettings;
  readonly #random: Random;
  readonly #isTaken: (address: number) => boolean;

  /** `isTaken`: whether a prefix that was placed contains the address. */
  constructor(settings: GeneratorSettings, isTaken: (address: number) => boolean) {
    this.addresses = new Float64Array(settings.size);
    this.lengths = new Uint8Array(settings.size);
    this.maps = new LengthMaps(settings.family);
    this.#settings = settings;
    this.#random = new Random(settings.seed);
    this.#isTaken = isTaken;
  }

  /** Places all; `onPrefix` gets each. */
  run(onPrefix: (address: number, length: number, value: number) => void): void {
    for (const [length, count] of lengthCounts(this.#settings)) {
      const shorter = this.placed;
      for (let i = 0; i < count; i++) {
        const value = this.#random.below(NEXT_HOPS);
        onPrefix(this.#place(length, shorter, value), length, value);
      }
    }
  }

  /** An address in a prefix that was placed, whichever. */
  someAddress(random: Random): number {
    const at = random.below(this.placed);
    return this.addresses[at]! + random.below(this.#width(this.lengths[at]!));
  }

  #place(length: number, shorter: number, value: number): number {
    const width = this.#width(length);
    for (;;) {
      const candidate = this.#candidate(length, shorter);
      const address = candidate - (candidate % width);
      if (!this.maps.add(address, length, value)) continue;
      this.addresses[this.placed] = address;
      this.lengths[this.placed++] = length;
      return address;
    }
  }

  /** How many addresses a prefix of this length has. */
  #width(length: number): number {
    return 2 ** (ADDRESS_BITS[this.#settings.family] - length);
  }

  /** `shorter`: how many of those placed are shorter. */
  #candidate(length: number, shorter: number): number {
    const dice = this.#random.below(100);
    if (dice < NESTED && shorter > 0) return this.#inside(this.#random.below(shorter));
    if (dice < NESTED + NEIGHBOR && this.placed > shorter) {
      const next = this.addresses[this.placed - 1]! + this.#width(length);
      if (next < 2 ** ADDRESS_BITS[this.#settings.family]) return next;
    }
    return this.#fresh();
  }

  #inside(at: number): number {
    return this.addresses[at]! + this.#random.below(this.#width(this.lengths[at]!));
  }

  /** Outside of all that is there, or, where most of the space is taken, anywhere. */
  #fresh(): number {
    let address = this.#anywhere();
    for (let i = 0; i < ATTEMPTS_AT_ROOM && this.#isTaken(address); i++) address = this.#anywhere();
    return address;
  }

  #anywhere(): number {
    return this.#settings.family === 4 ? unicast4(this.#random) : global6(this.#random);
  }
}

/** Never 10/8, 127/8, 0/8, multicast and beyond. */
function unicast4(random: Random): number {
  for (;;) {
    const address = random.word();
    const first = address >>> 24;
    if (first > 0 && first < 224 && first !== 10 && first !== 127) return address;
  }
}

function global6(random: Random): number {
  const first = IPV6_FIRST[random.below(IPV6_FIRST.length)]!;
  const room = first === 0x2001 ? 2 ** 32 : 2 ** 36;
  return first * 2 ** 32 + random.below(room);
}
