/**
 * What a loaded table takes, in bytes: each contender in a process of its own. JavaScript's heap and the buffers it
 * keeps outside; the memory of WebAssembly, which V8 counts as it was at first; of addons, the growth of the resident
 * set.
 */
import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { CONTENDERS } from '../../contenders/all.js';
import { routesOf } from '../../contenders/contender.js';
import { generatedTable } from '../../tables/generated-table.js';

const SELF = fileURLToPath(import.meta.url);

/** Memories of the modules that are instantiated from now on. */
function watchMemories() {
  const memories = [];
  const { instantiate } = WebAssembly;
  WebAssembly.instantiate = async (...args) => {
    const made = await instantiate.apply(WebAssembly, args);
    memories.push((made.instance ?? made).exports.memory);
    return made;
  };
  return memories;
}

function memoryNow() {
  // Twice, because what the first finds dead is freed outside of the heap by the second.
  globalThis.gc();
  globalThis.gc();
  return process.memoryUsage();
}

function grown(before, after, isNative, memories) {
  if (isNative) return after.rss - before.rss;
  const heap = after.heapUsed - before.heapUsed;
  if (memories.length === 0) return heap + after.external - before.external;
  return heap + memories.reduce((sum, { buffer }) => sum + buffer.byteLength, 0);
}

async function measure(name, family, size) {
  const contender = CONTENDERS.find((one) => one.name === name);
  const table = generatedTable({ family, size });
  const source = { table, routes: routesOf(table) };
  const memories = watchMemories();
  const before = memoryNow();
  const loaded = await contender.load(source);
  const bytes = grown(before, memoryNow(), contender.isNative, memories);
  // Both are used once more, or they may be collected before they are counted.
  return { bytes, ways: Object.keys(loaded.ways).length, size: source.routes.length };
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
    console.log(`  ${name.padEnd(58)}${(bytes / 2 ** 20).toFixed(2).padStart(14)} MiB`);
}

if (process.argv[1] === SELF) {
  const [name, family, size] = process.argv.slice(2);
  console.log(JSON.stringify(await measure(name, Number(family), Number(size))));
}
