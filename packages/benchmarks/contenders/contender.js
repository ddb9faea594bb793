/**
 * What a contender is. One that answers
 *
 *   'longest'      has a lookup of its own for the value of the longest matching prefix
 *   'membership'   says only whether some prefix holds the address
 *   'scan'         knows one prefix at a time; the loop over a list sorted from long to short is ours
 *
 * `load({ table, routes })` fills one: `table` is a PrefixTable, `routes` the same as `[text, value]`. It returns the
 * `ways` to ask it, by name: `takes` is 'text', 'number', 'batch', or 'object', which `prepare` makes of the text
 * beforehand; `lookup` takes that. `insert` and `remove` of one prefix as text are there where it can be changed,
 * `readOnly` says that it is filled with a file, and `isNative` that its memory is none that JavaScript's heap counts.
 * `unavailable()` tells why it can't be had on this machine.
 *
 * `largest` is the largest table it is asked to hold, and `addresses` how many it is asked for, where more would take
 * minutes.
 */
import { NO_ROUTE } from '../oracle/length-maps.js';
import { flatText } from '../tables/flat-text.js';

const MEANING = {
  longest: '',
  membership: ', membership only',
  scan: ', scan',
};

export function rowName({ name, kind }, way) {
  return `${name}: ${way}${MEANING[kind]}`;
}

/** The answer as the oracle gives it: a value or NO_ROUTE; of a membership test, 0 or NO_ROUTE. */
function normalAnswer(kind, answer) {
  if (answer === undefined || answer === null || answer === false || answer === NO_ROUTE) return NO_ROUTE;
  return kind === 'membership' ? 0 : answer;
}

/** How many of `given` differ from the oracle's values for the same addresses. */
export function wrongAnswers(kind, given, values) {
  const expected = (value) => (kind === 'membership' && value !== NO_ROUTE ? 0 : value);
  return values.filter((value, at) => normalAnswer(kind, given[at]) !== expected(value)).length;
}

/** The routes of a table as text, made once and not while something is timed. */
export const routesOf = (table) => flatText([...table.entries()]);
