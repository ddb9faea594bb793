/** One table: loaded, looked into, changed at random, looked into again. */
import { AddressList } from '../tables/prefix-table.js';
import { randomOf } from '../tables/random.js';
import { boundaryAddresses, randomAddresses } from './addresses.js';
import { writeBoundaries } from './boundaries.js';
import { change } from './changes.js';
import { CheckedTable } from './checked-table.js';

/** Changes between two looks at what they are about. */
const TURN = 4096;
/** Of this many addresses, one is also looked up by itself. */
const SAMPLE = 97;
/** Random addresses at least, however many boundaries there are. */
const LEAST_RANDOM = 65_536;

const count = (number) => number.toLocaleString('en');

function requireAll(checked, lists) {
  let looked = 0;
  for (const list of lists) {
    checked.requireAnswers(list, SAMPLE);
    looked += list.size;
  }
  return looked;
}

function look(checked, table, { addresses, seed, log }) {
  const boundaries = requireAll(checked, boundaryAddresses(table));
  log(`${count(boundaries)} addresses at boundaries agree`);
  const rest = Math.max(LEAST_RANDOM, addresses - boundaries);
  log(`${count(requireAll(checked, randomAddresses(table, rest, seed)))} random addresses agree`);
}

function boundariesOf(family, prefixes) {
  const list = new AddressList(family, prefixes.length * 4);
  for (const [at, { words, length }] of prefixes.entries())
    writeBoundaries(list.words, at * 4 * list.width, words, length);
  return list;
}

function changeAtRandom(checked, table, { changes, log }) {
  const random = randomOf(7);
  for (let left = changes; left > 0; left -= TURN) {
    const changed = Array.from({ length: Math.min(TURN, left) }, () => change(checked, table, random));
    checked.requireAnswers(boundariesOf(table.family, changed), 1);
    checked.requireSize();
  }
  log(
    `${count(changes)} random changes, looked at in turns of ${count(TURN)}: ${count(checked.size)} prefixes`,
  );
}

/** `addresses` before the `changes`, a quarter of them after. Throws at the first answer that differs. */
export async function verifyTable(table, { addresses, changes, log }) {
  const checked = await CheckedTable.of(table);
  checked.requireSize();
  log(`${count(checked.size)} prefixes`);
  look(checked, table, { addresses, seed: 100, log });
  changeAtRandom(checked, table, { changes, log });
  look(checked, table, { addresses: addresses / 4, seed: 1000, log });
}
