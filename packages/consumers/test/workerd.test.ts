import * as esbuild from 'esbuild';
import { expect, test } from 'vitest';
import { ANSWERS } from './expected.js';
import { installedProject } from './project.js';
import { serveWorkerd } from './workerd.js';

/** As Cloudflare's own tools bundle: `.wasm` files stay files. */
const BUNDLE: esbuild.BuildOptions = {
  entryPoints: ['worker.js'],
  outdir: 'dist',
  bundle: true,
  format: 'esm',
  conditions: ['workerd', 'worker', 'browser'],
  loader: { '.wasm': 'copy' },
  assetNames: '[name]',
};

test('workerd answers HTTP from the module it compiled when it loaded the worker', async () => {
  const folder = await installedProject('workerd');
  await esbuild.build({ ...BUNDLE, absWorkingDir: folder });
  const served = await serveWorkerd(folder);
  try {
    const response = await fetch(served.url);
    expect(await response.json()).toEqual(ANSWERS);
  } finally {
    await served.close();
  }
});
