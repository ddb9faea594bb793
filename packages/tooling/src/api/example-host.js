/**
 * A process that runs examples: told the URL of one that was made runnable, it imports it and answers
 * `{ kept, broken, error }`: the checks that were come to, those that failed, and what it died of.
 */
import { inspect, isDeepStrictEqual } from 'node:util';

let kept;
let broken;

/** Called by what `runnable` makes of an example. */
globalThis.checkExample = (index, actual, expected) => {
  kept.push(index);
  if (!isDeepStrictEqual(actual, expected)) broken.push({ index, actual: inspect(actual, { depth: 6 }) });
};

const answer = (error) => process.send({ kept, broken, error: error && inspect(error) });

process.on('uncaughtException', answer);
process.on('message', (url) => {
  kept = [];
  broken = [];
  import(url).then(() => answer(), answer);
});
