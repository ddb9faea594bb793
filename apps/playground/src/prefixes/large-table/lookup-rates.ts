/** Lookups per second, of the same addresses in the same table, by three ways: taken in turns, several times. */
import { NO_ROUTE, type NumericRouteTable } from '@podlan/dataplane';
import { ADDRESS_BYTES, type Family, writeAddress } from './address-number';
import type { LengthMaps } from './length-maps';

export const WAYS = ['batch', 'single', 'maps'] as const;
export type Way = (typeof WAYS)[number];

/** Lookups per second. */
export interface Rate {
  readonly median: number;
  readonly least: number;
  readonly most: number;
}

export interface LookupRates {
  readonly addresses: number;
  readonly rounds: number;
  readonly rates: Readonly<Record<Way, Rate>>;
}

export const ROUNDS = 7;
/** A round of one way takes at least as long, so that a coarse clock does no harm. */
const ROUND_MS = 120;

export interface Measured {
  readonly family: Family;
  readonly table: NumericRouteTable;
  readonly maps: LengthMaps;
  readonly addresses: Float64Array;
}

/** What a way finds for all addresses, into `values`. */
type Pass = (values: Uint32Array) => void;

function passesOf({ family, table, maps, addresses }: Measured): Readonly<Record<Way, Pass>> {
  const count = addresses.length;
  const byMaps: Pass = (values) => {
    for (let i = 0; i < count; i++) values[i] = maps.lookup(addresses[i]!) ?? NO_ROUTE;
  };
  if (family === 4) {
    const words = Uint32Array.from(addresses);
    const single: Pass = (values) => {
      for (let i = 0; i < count; i++) values[i] = table.lookupValue(words[i]!) ?? NO_ROUTE;
    };
    return { batch: (values) => void table.lookupBatch(words, values), single, maps: byMaps };
  }
  const all = new Uint8Array(count * ADDRESS_BYTES[6]);
  for (let i = 0; i < count; i++) writeAddress(6, addresses[i]!, all, i * ADDRESS_BYTES[6]);
  const one = new Uint8Array(ADDRESS_BYTES[6]);
  const single: Pass = (values) => {
    for (let i = 0; i < count; i++) {
      for (let byte = 0, at = i * 16; byte < 6; byte++) one[byte] = all[at + byte]!;
      values[i] = table.lookupValue(one) ?? NO_ROUTE;
    }
  };
  return { batch: (values) => void table.lookupBatch6(all, values), single, maps: byMaps };
}

/** Each way once before anything is measured. Throws where two answer differently: then nothing is worth measuring. */
function compareAnswers(passes: Readonly<Record<Way, Pass>>, count: number): void {
  const answers = WAYS.map((way) => {
    const values = new Uint32Array(count);
    passes[way](values);
    return values;
  });
  for (let i = 0; i < count; i++) {
    const [batch, single, maps] = answers.map((values) => values[i]);
    if (batch !== maps || single !== maps) {
      throw new Error(
        `address ${i}: expected one answer, got ${batch} (batch), ${single} (single), ${maps} (maps)`,
      );
    }
  }
}

function rateOf(pass: Pass, values: Uint32Array, now: () => number): number {
  const start = now();
  let passes = 0;
  let elapsed = 0;
  for (; elapsed < ROUND_MS; elapsed = now() - start) {
    pass(values);
    passes++;
  }
  return (passes * values.length * 1000) / elapsed;
}

function spreadOf(rates: readonly number[]): Rate {
  const sorted = rates.toSorted((a, b) => a - b);
  return { median: sorted[sorted.length >> 1]!, least: sorted[0]!, most: sorted.at(-1)! };
}

/** `now` in milliseconds; `onRound` before each round. */
export function measureRates(
  measured: Measured,
  onRound: (round: number) => void,
  now = () => performance.now(),
): LookupRates {
  const passes = passesOf(measured);
  const values = new Uint32Array(measured.addresses.length);
  compareAnswers(passes, values.length);
  const rates: Record<Way, number[]> = { batch: [], single: [], maps: [] };
  for (let round = 0; round < ROUNDS; round++) {
    onRound(round);
    // Another one first each time: what the one before leaves in the caches is nobody's advantage.
    for (let i = 0; i < WAYS.length; i++) {
      const way = WAYS[(round + i) % WAYS.length]!;
      rates[way].push(rateOf(passes[way], values, now));
    }
  }
  const spread = (way: Way) => spreadOf(rates[way]);
  return {
    addresses: values.length,
    rounds: ROUNDS,
    rates: { batch: spread('batch'), single: spread('single'), maps: spread('maps') },
  };
}
