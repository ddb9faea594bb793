import * as esbuild from 'esbuild';
import { beforeAll, expect, inject, test } from 'vitest';
import { installedProject } from './project.js';

let folder: string;
beforeAll(async () => {
  folder = await installedProject('shared', Object.keys(inject('tarballs')));
});

function bundleForBrowsers(specifier: string): Promise<esbuild.BuildResult> {
  return esbuild.build({
    stdin: { contents: `export * from '${specifier}'`, resolveDir: folder },
    platform: 'browser',
    bundle: true,
    write: false,
    logLevel: 'silent',
  });
}

test.each([
  '@podlan/wire',
  '@podlan/dataplane',
  '@podlan/dataplane/fakes',
  '@podlan/linux/model',
  '@podlan/linux/prefix',
  '@podlan/fabric',
  '@podlan/cni/attach',
  '@podlan/simulator',
  '@podlan/simulator/snapshot',
])('%s needs nothing of Node.js', async (specifier) => {
  const { errors, warnings } = await bundleForBrowsers(specifier);
  expect([...errors, ...warnings]).toEqual([]);
});

test.each([
  '@podlan/linux',
  '@podlan/fabric/sqlite',
  '@podlan/fabric/etcd',
  '@podlan/fabric/kubernetes',
  '@podlan/cni/host-local',
])('%s needs Node.js, and the bundler says so', async (specifier) => {
  await expect(bundleForBrowsers(specifier)).rejects.toThrow('Could not resolve "node:');
});
