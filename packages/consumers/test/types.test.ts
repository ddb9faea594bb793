import { join } from 'node:path';
import { beforeAll, expect, inject, test } from 'vitest';
import { installedProject, run } from './project.js';
import { ROOT } from './tarballs.js';

let folder: string;
beforeAll(async () => {
  folder = await installedProject('types', Object.keys(inject('tarballs')));
});

const tsc = join(ROOT, 'node_modules/typescript/bin/tsc');

test.each(['bundler', 'nodenext'])('moduleResolution %s: strict, every declaration checked', async (name) => {
  const checked = run(process.execPath, [tsc, '-p', `tsconfig.${name}.json`, '--pretty', 'false'], {
    cwd: folder,
  });
  const { stdout } = await checked.catch((failed: { stdout: string }) => failed);
  expect(stdout).toBe('');
});
