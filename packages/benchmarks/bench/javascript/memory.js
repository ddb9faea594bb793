/**
 * What a loaded table takes, in bytes: each contender in a process of its own. JavaScript's heap and what it keeps
 * outside (buffers, the memory of WebAssembly); of addons, the growth of the resident set.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CONTENDERS } from '../../contenders/all.js';
import { routesOf } from '../../contenders/contender.js';
import { generatedTable } from '../../tables/generated-table.js';

const SELF = fileURLToPath(import.meta.url);

function bytesNow(isNative) {
  // Twice, because what the first finds dead is freed outside of the heap by the second.
  globalThis.gc();
  globalThis.gc();
  const { heapUsed, external, rss } = process.memoryUsage();
  return isNative ? rss : heapUsed + external;
}

async function measure(name, family, size) {
  const contender = CONTENDERS.find((one) => one.name === name);
  const table = generatedTable({ family, size });
  const source = { table, routes: routesOf(table) };
  const before = bytesNow(contender.isNative);
  const loaded = await contender.load(source);
  const after = bytesNow(contender.isNative);
  // Both are used once more, or they may be collected before they are counted.
  return { bytes: after - before, ways: Object.keys(loaded.ways).length, size: source.routes.length };
}

/** `{ name: bytes }` of the contenders, on the generated table of that size. */
export function memoryOf(contenders, family, size) {
  const rows = {};
  for (const { name } of contenders) {
    const args = ['--expose-gc', '--max-old-space-size=8192', SELF, name, String(family), String(size)];
    rows[name] = JSON.parse(execFileSync(process.execPath, args, { encoding: 'utf8' })).bytes;
  }
  return rows;
}

export function printMemory(title, rows) {
  console.log(`\nMemory, ${title}`);
  for (const [name, bytes] of Object.entries(rows))
    console.log(`  ${name.padEnd(48)}${(bytes / 2 ** 20).toFixed(2).padStart(14)} MiB`);
}

if (process.argv[1] === SELF) {
  const [name, family, size] = process.argv.slice(2);
  console.log(JSON.stringify(await measure(name, Number(family), Number(size))));
}
