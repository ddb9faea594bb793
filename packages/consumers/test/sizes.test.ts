/** What a page has to load, bundled by esbuild from the tarballs, minified and gzipped; in bytes. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import * as wire from '@podlan/wire';
import * as esbuild from 'esbuild';
import { beforeAll, expect, test } from 'vitest';
import { installedProject } from './project.js';

let folder: string;
beforeAll(async () => {
  folder = await installedProject('shared');
});

async function bundle(contents: string): Promise<Uint8Array> {
  const { outputFiles } = await esbuild.build({
    stdin: { contents, resolveDir: folder },
    bundle: true,
    minify: true,
    format: 'esm',
    write: false,
    // It warns of imports that use nothing.
    logLevel: 'error',
  });
  return outputFiles![0]!.contents;
}

const gzippedBytes = async (contents: string) => gzipSync(await bundle(contents), { level: 9 }).length;

test.each(['RouteTable', 'NumericRouteTable', 'Forwarder'])(
  '%s with its module stays under 30 KB',
  async (name) => {
    expect(await gzippedBytes(`export { ${name} } from '@podlan/dataplane'`)).toBeLessThan(30_000);
  },
);

test('the module itself stays under 34 KB, not compressed', () => {
  const module = readFileSync(join(folder, 'node_modules/@podlan/dataplane/dist/dataplane.wasm'));
  expect(module.length).toBeLessThan(34 * 1024);
});

test.each(['wire', 'dataplane'])('an import of %s that uses nothing costs nothing', async (name) => {
  expect((await bundle(`import '@podlan/${name}'`)).length).toBe(0);
});

/** The first that fits a name: whoever reads one header doesn't pay for the others. */
const WIRE_LIMITS: readonly [RegExp, number][] = [
  // What finds its way through all layers.
  [/^(dissect|summarize|repair\w+|setData)$/, 9_000],
  [/^[A-Z0-9_]+$/, 300],
  [/View$/, 2_000],
  [/./, 3_500],
];

test.each(Object.keys(wire))('%s of wire alone stays small', async (name) => {
  const [, limit] = WIRE_LIMITS.find(([names]) => names.test(name))!;
  expect(await gzippedBytes(`export { ${name} } from '@podlan/wire'`)).toBeLessThan(limit);
});
