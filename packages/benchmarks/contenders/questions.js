/** The addresses of a list as one way of one contender wants them, made before anything is timed. */
import { keep } from '@podlan/tooling/bench-report';

const BATCH = 4096;
const SINGLES = 256;

let loops = 0;

/**
 * A loop that calls `lookup` for `operations` addresses, the next ones with each call, so that a large table is met as a
 * large table. Its code is its own: one loop for all contenders would see many different functions called, and the
 * engine would put none of them inline, which the quick ones among them would pay for.
 */
function loopOf(asked, lookup, operations) {
  const source = `/* ${loops++} */ let next = 0;
    return () => {
      for (let i = 0; i < operations; i++) keep(lookup(asked[next + i]));
      next = next + 2 * operations > asked.length ? 0 : next + operations;
    };`;
  return new Function('asked', 'lookup', 'operations', 'keep', source)(asked, lookup, operations, keep);
}

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

  task() {
    const operations = Math.min(SINGLES, this.#asked.length);
    return { operations, run: loopOf(this.#asked, this.#lookup, operations) };
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
