/**
 * The packages of rivals/, which has a lock file of its own: installed when missing, never by `npm ci` at the root.
 * None of their install scripts run; what must be compiled is compiled here.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { installOwnLock } from '@podlan/tooling/own-lock';

const FOLDER = fileURLToPath(new URL('rivals/', import.meta.url));
const require = createRequire(join(FOLDER, 'package.json'));

export const rivalFile = (name) => join(FOLDER, 'node_modules', name);
export const requireRival = (name) => require(name);

export const installRivals = () => installOwnLock(FOLDER);

/** npm's own node-gyp, with the headers that came with this Node.js: it would fetch others from elsewhere. */
function nodeGyp() {
  const prefix = dirname(dirname(process.execPath));
  const headers = existsSync(join(prefix, 'include', 'node', 'node.h')) ? prefix : undefined;
  const { stdout } = spawnSync('npm', ['root', '-g'], { encoding: 'utf8' });
  const script = join(stdout.trim(), 'npm', 'node_modules', 'node-gyp', 'bin', 'node-gyp.js');
  return { headers, script: existsSync(script) ? script : undefined };
}

const isCompiled = (folder) =>
  existsSync(folder) && readdirSync(folder).some((name) => name.endsWith('.node'));

/** Compiles a rival that is a C++ addon; returns why it can't be had, or undefined. */
export function compileRival(name) {
  const cwd = rivalFile(name);
  if (isCompiled(join(cwd, 'build', 'Release'))) return undefined;
  const { headers, script } = nodeGyp();
  if (!headers) return 'does not install: the headers of this Node.js are not beside it';
  if (!script) return 'does not install: npm came without node-gyp';
  const args = [script, 'rebuild', `--nodedir=${headers}`];
  const { status } = spawnSync(process.execPath, args, { cwd, stdio: 'ignore' });
  return status === 0
    ? undefined
    : 'does not install: node-gyp failed (is there a C++ compiler, make, python3?)';
}
