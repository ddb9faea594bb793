// Compiles assembly/ to dist/dataplane.wasm, and embeds the bytes in src/generated/module.ts, so that loading the
// module needs neither a file system nor fetch.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

const WASM = 'dist/dataplane.wasm';
const SOURCE = 'src/generated/module.ts';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
for (const path of [WASM, SOURCE]) mkdirSync(dirname(path), { recursive: true });

// `--use abort=`: an abort is a plain trap, so the module imports nothing.
const { error, stderr } = await asc.main([
  'assembly/index.ts',
  '--outFile',
  WASM,
  '--runtime',
  'stub',
  '-O3',
  '--use',
  'abort=',
  '--enable',
  'simd',
  '--uncheckedBehavior',
  'always',
]);
if (error) {
  console.error(stderr.toString());
  console.error(error.message);
  process.exit(1);
}

const base64 = readFileSync(WASM).toString('base64');
writeFileSync(
  SOURCE,
  `// Made by scripts/build-module.js from assembly/.\nexport const moduleBase64: string =\n  '${base64}';\n`,
);
