/**
 * Vercel's edge runtime as far as it matters here: nothing may be compiled from bytes while it runs, and the bundler
 * makes of a `.wasm?module` import a module that the platform compiled. A context of Node.js refuses in the same way.
 */
import { readFileSync } from 'node:fs';
import { createContext, runInContext } from 'node:vm';
import * as esbuild from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { ANSWERS } from './expected.js';
import { installedProject } from './project.js';

let folder: string;
beforeAll(async () => {
  folder = await installedProject('shared');
});

let compiled: WebAssembly.Module | undefined;

const compiledBefore: esbuild.Plugin = {
  name: 'compiled-before',
  setup({ onLoad }) {
    onLoad({ filter: /\.wasm$/ }, ({ path, suffix }) => {
      if (suffix !== '?module') return undefined;
      compiled = new WebAssembly.Module(readFileSync(path));
      return { contents: 'export default globalThis.compiled' };
    });
  },
};

async function answersOnTheEdge(conditions: string[]): Promise<unknown> {
  const { outputFiles } = await esbuild.build({
    absWorkingDir: folder,
    entryPoints: ['answers.js'],
    conditions,
    plugins: [compiledBefore],
    bundle: true,
    format: 'iife',
    globalName: 'project',
    write: false,
  });
  const globals = { compiled, TextEncoder, TextDecoder, atob };
  const context = createContext(globals, { codeGeneration: { strings: false, wasm: false } });
  runInContext(outputFiles[0]!.text, context);
  return JSON.parse(await runInContext('project.answers().then(JSON.stringify)', context));
}

test('edge-light: the module compiled before is used', async () => {
  expect(await answersOnTheEdge(['edge-light'])).toEqual(ANSWERS);
});

test('without that condition the runtime refuses the embedded bytes', async () => {
  await expect(answersOnTheEdge([])).rejects.toThrow(/code generation disallowed/i);
});
