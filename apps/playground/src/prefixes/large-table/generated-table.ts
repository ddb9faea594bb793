/** A generated table with what it is compared with: what the worker works on. */
import { NumericRouteTable, type TableShape, tableShape } from '@podlan/dataplane';
import { formatIpv4Number, type IpAddress, ipFromBytes } from '@podlan/wire';
import { type Look, lookIn } from '../table-look';
import { ADDRESS_BYTES, writeAddress } from './address-number';
import { type LookupRates, measureRates } from './lookup-rates';
import { type GeneratorSettings, PrefixGenerator } from './prefix-generator';
import { Random } from './random';

const MEASURED_ADDRESSES = 2 ** 18;
const SAMPLES = 4;
/** Progress is told this many times. */
const PARTS = 100;

export class GeneratedTable {
  readonly #settings: GeneratorSettings;
  readonly #table: NumericRouteTable;
  readonly #generator: PrefixGenerator;
  readonly #key: Uint8Array;

  private constructor(settings: GeneratorSettings, table: NumericRouteTable) {
    this.#settings = settings;
    this.#table = table;
    this.#key = new Uint8Array(ADDRESS_BYTES[settings.family]);
    this.#generator = new PrefixGenerator(settings, (address) => this.#valueFor(address) !== undefined);
  }

  /** Fills a table, one insert after the other. */
  static async load(
    settings: GeneratorSettings,
    onProgress: (placed: number) => void,
  ): Promise<GeneratedTable> {
    const table = await NumericRouteTable.create({ capacity: settings.size });
    const generated = new GeneratedTable(settings, table);
    generated.#fill(onProgress);
    return generated;
  }

  #fill(onProgress: (placed: number) => void): void {
    const part = Math.ceil(this.#settings.size / PARTS);
    this.#generator.run((address, length, value) => {
      this.#table.insert({ address: this.#keyOf(address), length }, value);
      if (this.#generator.placed % part === 0) onProgress(this.#generator.placed);
    });
  }

  #keyOf(address: number): Uint8Array {
    writeAddress(this.#settings.family, address, this.#key);
    return this.#key;
  }

  #valueFor(address: number): number | undefined {
    return this.#table.lookupValue(this.#settings.family === 4 ? address : this.#keyOf(address));
  }

  shape(): TableShape {
    return tableShape(this.#table);
  }

  look(address: IpAddress): Look {
    return lookIn(this.#table, address);
  }

  /** Addresses worth a look: of many those that most prefixes contain. */
  samples(): IpAddress[] {
    const random = new Random(this.#settings.seed);
    const some = Array.from({ length: 200 }, () => this.#text(this.#generator.someAddress(random)));
    const depth = new Map(some.map((address) => [address, this.#table.lookupAll(address).length]));
    return [...depth.keys()].toSorted((a, b) => depth.get(b)! - depth.get(a)!).slice(0, SAMPLES);
  }

  #text(address: number): IpAddress {
    return this.#settings.family === 4
      ? (formatIpv4Number(address) as IpAddress)
      : ipFromBytes(this.#keyOf(address));
  }

  measure(onRound: (round: number) => void): LookupRates {
    const random = new Random(this.#settings.seed ^ 0x5bd1e995);
    const addresses = Float64Array.from({ length: MEASURED_ADDRESSES }, () =>
      this.#generator.someAddress(random),
    );
    const { family } = this.#settings;
    return measureRates({ family, table: this.#table, maps: this.#generator.maps, addresses }, onRound);
  }
}
