/**
 * A NumericRouteTable and its oracle, a Map per prefix length, which are always changed together, and the comparison of
 * their answers. The first that differ are an error that names the address and both answers.
 */
import { NumericRouteTable } from '@podlan/dataplane';
import { LengthMaps, NO_ROUTE } from '../oracle/length-maps.js';
import { networkOrder } from '../tables/prefix-table.js';

const show = (value) => (value === NO_ROUTE ? 'no route' : String(value));

export class Disagreement extends Error {
  name = 'Disagreement';

  constructor(how, address, given, expected) {
    super(`${how} of ${address}: got ${show(given)}, expected ${show(expected)}`);
  }
}

export class CheckedTable {
  #table;
  #maps;
  #family;

  constructor(family, table, maps) {
    this.#family = family;
    this.#table = table;
    this.#maps = maps;
  }

  static async of(rows) {
    const table = await NumericRouteTable.from(rows.entries());
    return new CheckedTable(rows.family, table, LengthMaps.of(rows));
  }

  /** The same table beside another oracle. */
  withOracle(maps) {
    return new CheckedTable(this.#family, this.#table, maps);
  }

  get size() {
    return this.#table.size;
  }

  has(words, length) {
    return this.#maps.has(words, length);
  }

  insert(words, length, value) {
    this.#table.insert({ address: networkOrder(words), length }, value);
    this.#maps.insert(words, length, value);
  }

  delete(words, length) {
    const prefix = { address: networkOrder(words), length };
    const [given, expected] = [this.#table.delete(prefix), this.#maps.delete(words, length)];
    if (given !== expected) throw new Error(`delete of /${length}: got ${given}, expected ${expected}`);
  }

  requireSize() {
    if (this.#table.size !== this.#maps.size)
      throw new Error(`size: got ${this.#table.size}, expected ${this.#maps.size}`);
  }

  #batch(list) {
    const out = new Uint32Array(list.size);
    if (this.#family === 4) this.#table.lookupBatch(list.batch(), out);
    else this.#table.lookupBatch6(list.batch(), out);
    return out;
  }

  /** Every address by batch, every `sample`-th also by itself, as text and as a number. */
  requireAnswers(list, sample) {
    const out = this.#batch(list);
    for (let at = 0; at < list.size; at++) {
      const expected = this.#maps.lookup(list.words, at * list.width);
      if (out[at] !== expected) throw new Disagreement('lookupBatch', list.text(at), out[at], expected);
      if (at % sample === 0) this.#requireSingle(list, at, expected);
    }
  }

  #requireSingle(list, at, expected) {
    const text = list.text(at);
    const byText = this.#table.lookup(text)?.value ?? NO_ROUTE;
    if (byText !== expected) throw new Disagreement('lookup', text, byText, expected);
    if (this.#family === 6) return;
    const byNumber = this.#table.lookupValue(list.words[at]) ?? NO_ROUTE;
    if (byNumber !== expected) throw new Disagreement('lookupValue', text, byNumber, expected);
  }
}
