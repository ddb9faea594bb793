/** The addresses of a list as one way of one contender wants them, made before anything is timed. */
import { keep } from '@podlan/tooling/bench-report';

const BATCH = 4096;
const SINGLES = 256;

/** Addresses, one call each. */
class Singles {
  #asked;
  #lookup;

  constructor({ takes, prepare, lookup }, list) {
    this.#lookup = lookup;
    if (takes === 'number') this.#asked = Array.from(list.words);
    else this.#asked = takes === 'object' ? list.texts().map(prepare) : list.texts();
  }

  answers() {
    return this.#asked.map((address) => this.#lookup(address));
  }

  /** Each call of `run` asks for the next ones, so that a large table is met as a large table. */
  task() {
    const [asked, lookup] = [this.#asked, this.#lookup];
    const operations = Math.min(SINGLES, asked.length);
    let next = 0;
    const run = () => {
      for (let i = 0; i < operations; i++) keep(lookup(asked[next + i]));
      next = next + 2 * operations > asked.length ? 0 : next + operations;
    };
    return { operations, run };
  }
}

/** Addresses in batches; of IPv6, 16 bytes each. */
class Batches {
  #parts = [];
  #lookup;

  constructor({ lookup }, list) {
    this.#lookup = lookup;
    const all = list.batch();
    const stride = all.length / list.size;
    for (let at = 0; at < list.size; at += BATCH)
      this.#parts.push(all.subarray(at * stride, Math.min(at + BATCH, list.size) * stride));
    this.operations = Math.min(BATCH, list.size);
  }

  answers() {
    return this.#parts.flatMap((part) => {
      const out = new Uint32Array(this.operations);
      this.#lookup(part, out);
      return Array.from(out);
    });
  }

  task() {
    const [parts, lookup, out] = [this.#parts, this.#lookup, new Uint32Array(this.operations)];
    let next = 0;
    const run = () => {
      lookup(parts[next], out);
      keep(out);
      next = (next + 1) % parts.length;
    };
    return { operations: this.operations, run };
  }
}

export function questionsOf(way, list) {
  return way.takes === 'batch' ? new Batches(way, list) : new Singles(way, list);
}
