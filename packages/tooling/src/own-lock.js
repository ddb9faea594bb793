/**
 * Packages that only a bench needs have a folder with a lock file of its own: `npm ci` at the root never fetches them, and
 * the bench installs them when they are missing.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, statSync } from 'node:fs';
import { join, relative } from 'node:path';

/** Since the lock file last changed. */
function isInstalled(folder) {
  const installed = join(folder, 'node_modules', '.package-lock.json');
  return (
    existsSync(installed) &&
    statSync(installed).mtimeMs >= statSync(join(folder, 'package-lock.json')).mtimeMs
  );
}

/** Throws where npm fails. */
export function installOwnLock(folder) {
  if (isInstalled(folder)) return;
  console.log(`podlan: npm ci in ${relative(process.cwd(), folder) || '.'} …`);
  const { status, error } = spawnSync('npm', ['ci'], { cwd: folder, stdio: 'inherit' });
  if (status !== 0) throw new Error(`npm ci in ${folder} failed: ${error?.message ?? `exit ${status}`}`);
}
