/** Empty projects in a temporary folder, with packages installed from the tarballs as anyone would: by npm. */
import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { inject } from 'vitest';

export const run = promisify(execFile);

/** What needs nothing from elsewhere. */
const PLAIN = ['@podlan/wire', '@podlan/dataplane'];

/** A folder of `projects/`, copied and installed beside the tarballs, with which it goes. */
export async function installedProject(name: string, packages = PLAIN): Promise<string> {
  const tarballs = inject('tarballs');
  const folder = mkdtempSync(join(inject('temporaryFolder'), `${name}-`));
  for (const source of ['shared', name]) {
    cpSync(fileURLToPath(new URL(`../projects/${source}`, import.meta.url)), folder, { recursive: true });
  }
  const manifest = {
    name: `uses-podlan-in-${name}`,
    private: true,
    type: 'module',
    dependencies: Object.fromEntries(packages.map((wanted) => [wanted, `file:${tarballs[wanted]}`])),
  };
  writeFileSync(join(folder, 'package.json'), JSON.stringify(manifest));
  await run('npm', ['install', '--offline', '--ignore-scripts', '--no-audit', '--no-fund'], { cwd: folder });
  return folder;
}
