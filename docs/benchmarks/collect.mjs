#!/usr/bin/env node
/**
 * Puts what the benches wrote last into src/benchmarks/results.json, from which the page is made: `npm run docs:benchmarks`, after
 * `npm run bench` or any single bench. Benches that have not run here keep what they had.
 */
import { existsSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { ratiosOf } from './ratios.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const kept = fileURLToPath(new URL('../src/benchmarks/results.json', import.meta.url));
const read = (path) => JSON.parse(readFileSync(path, 'utf8'));

const written = ['packages', 'apps']
  .flatMap((folder) =>
    readdirSync(`${root}/${folder}`).map((name) => `${root}/${folder}/${name}/bench-results.json`),
  )
  .filter((path) => existsSync(path));
if (written.length === 0) throw new Error('no bench-results.json in any workspace: run npm run bench first');

const results = Object.assign(
  existsSync(kept) ? read(kept) : {},
  ...written.map((path) => ratiosOf(read(path))),
);
const sorted = Object.fromEntries(Object.entries(results).sort(([a], [b]) => (a < b ? -1 : 1)));
writeFileSync(kept, `${JSON.stringify(sorted, undefined, 2)}\n`);
for (const [name, { command, at }] of Object.entries(sorted))
  console.log(`${name.padEnd(12)} ${at}  ${command}`);
