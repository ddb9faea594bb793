/** Seeded mutation of packets. The seed is printed, and PODLAN_FUZZ_SEED runs the same inputs again. */

/** mulberry32: whole numbers below `limit`. */
export type Random = (limit: number) => number;

export function randomFrom(seed: number): Random {
  let state = seed >>> 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % limit;
  };
}

export function fuzzSeed(): number {
  const given = process.env.PODLAN_FUZZ_SEED;
  return given === undefined ? Date.now() >>> 0 : Number(given);
}

export const pick = <Item>(random: Random, items: readonly Item[]): Item => items[random(items.length)]!;

const INTERESTING = [0, 1, 0x7f, 0x80, 0xff, 0x45, 0x60, 0x08];

/** Each changes `bytes` in place, or returns others. */
const MUTATIONS: readonly ((bytes: Uint8Array, random: Random) => Uint8Array)[] = [
  (bytes, random) => {
    if (bytes.length > 0) bytes[random(bytes.length)]! ^= 1 << random(8);
    return bytes;
  },
  (bytes, random) => {
    if (bytes.length > 0) bytes[random(bytes.length)] = pick(random, INTERESTING);
    return bytes;
  },
  // Most headers lie in the first 64 bytes: aim there.
  (bytes, random) => {
    const at = random(64);
    if (at < bytes.length) bytes[at] = random(256);
    return bytes;
  },
  (bytes, random) => bytes.subarray(0, random(bytes.length + 1)),
  (bytes, random) => {
    const longer = new Uint8Array(bytes.length + random(40));
    longer.set(bytes);
    return longer;
  },
  (bytes, random) => {
    const from = random(bytes.length + 1);
    bytes.copyWithin(random(bytes.length + 1), from, from + random(16));
    return bytes;
  },
];

/** A copy of `bytes` with 0 to 3 mutations. */
export function mutated(bytes: Uint8Array, random: Random): Uint8Array {
  let copy: Uint8Array = bytes.slice();
  for (let left = random(4); left > 0; left--) copy = pick(random, MUTATIONS)(copy, random);
  return copy;
}

/** Makes the IPv4 header checksum at `at` right where that can be done, so that mutations get past it. */
export function repairIpv4(bytes: Uint8Array, at: number): void {
  const headerEnd = at + (bytes[at]! & 15) * 4;
  if (headerEnd < at + 20 || headerEnd > bytes.length) return;
  bytes.fill(0, at + 10, at + 12);
  let sum = 0;
  for (let i = at; i < headerEnd; i += 2) sum += (bytes[i]! << 8) | bytes[i + 1]!;
  while (sum > 0xffff) sum = (sum & 0xffff) + (sum >>> 16);
  bytes.set([(~sum >> 8) & 0xff, ~sum & 0xff], at + 10);
}
