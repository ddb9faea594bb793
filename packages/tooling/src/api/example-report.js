/** Loaded by a running example: compares what it promised with what came, and says so on descriptor 3 at its end. */
import { writeSync } from 'node:fs';
import { inspect, isDeepStrictEqual } from 'node:util';

const REPORT_FD = 3;
const kept = new Set();
const broken = [];

export function check(index, actual, expected) {
  kept.add(index);
  if (!isDeepStrictEqual(actual, expected)) broken.push({ index, actual: inspect(actual, { depth: 6 }) });
}

process.on('exit', () => writeSync(REPORT_FD, JSON.stringify({ kept: [...kept], broken })));
