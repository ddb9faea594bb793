/** Empty projects in a temporary folder, with packages installed from the tarballs as anyone would: by npm. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterAll, inject } from 'vitest';

export const run = promisify(execFile);

/** A folder of `projects/`, copied and installed; removed after the tests of the file that asked for it. */
export async function installedProject(name: string, packages = ['wire', 'dataplane']): Promise<string> {
  const folder = mkdtempSync(join(tmpdir(), `podlan-${name}-`));
  afterAll(() => rmSync(folder, { recursive: true }));
  for (const source of ['shared', name]) {
    cpSync(fileURLToPath(new URL(`../projects/${source}`, import.meta.url)), folder, { recursive: true });
  }
  const manifest = {
    name: `uses-podlan-in-${name}`,
    private: true,
    type: 'module',
    dependencies: dependenciesOf(packages),
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  return folder;
}

/** All of the tarballs where not only those without dependencies are wanted. */
function dependenciesOf(packages: readonly string[]): Record<string, string> {
  const tarballs = inject('tarballs');
  const names = packages.map((name) => `@podlan/${name}`);
  const isPlain = names.every((name) => ['@podlan/wire', '@podlan/dataplane'].includes(name));
  const wanted = isPlain ? names : Object.keys(tarballs);
  return Object.fromEntries(wanted.map((name) => [name, `file:${tarballs[name]}`]));
}
