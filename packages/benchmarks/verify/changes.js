/**
 * A random mixture of changes to a whole table: rows go and come back, get other values, and prefixes a little shorter
 * or longer than a row's are put in and taken out.
 */
import { bitsOf } from '../tables/prefix-table.js';

const NEAR = 8;
const VALUES = 0xffffffff;

function nearbyLength(length, family, random) {
  return Math.max(0, Math.min(bitsOf(family), length - NEAR + random(2 * NEAR + 1)));
}

/** A row of the table as it was loaded, or a prefix beside it. */
function pick(table, random) {
  const row = random(table.size);
  const length = table.lengths[row];
  const words = Uint32Array.from(table.address(row));
  if (random(2) === 0) return { words, length };
  const other = nearbyLength(length, table.family, random);
  for (let word = 0; word < words.length; word++) {
    const beyond = Math.max(0, Math.min(32, 32 * (word + 1) - length));
    words[word] |= random(2 ** 32) & (beyond === 32 ? 0xffffffff : 2 ** beyond - 1);
  }
  return { words, length: other };
}

/** Changes `checked` (a CheckedTable) once; returns the prefix it was about. */
export function change(checked, table, random) {
  const prefix = pick(table, random);
  const { words, length } = prefix;
  if (checked.has(words, length) && random(3) > 0) checked.delete(words, length);
  else checked.insert(words, length, random(VALUES));
  return prefix;
}
