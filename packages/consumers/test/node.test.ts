import { beforeAll, expect, test } from 'vitest';
import { ANSWERS } from './expected.js';
import { installedProject, run } from './project.js';

let folder: string;
beforeAll(async () => {
  folder = await installedProject('node');
});

test.each([
  ['an ES module', 'main.js'],
  ['CommonJS, by import()', 'main.cjs'],
  ['the exported file, in a worker thread', 'own-module.js'],
])('Node.js: %s', async (_, file) => {
  const { stdout, stderr } = await run(process.execPath, [file], { cwd: folder });
  expect(stderr).toBe('');
  expect(JSON.parse(stdout)).toEqual(ANSWERS);
});
