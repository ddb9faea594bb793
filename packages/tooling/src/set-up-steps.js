/** The two steps that bring a clone to life. Each returns what went wrong as a message, or undefined. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { DEMO } from './workspace.js';

/** NODE_ENV=production in the caller's shell would drop the build tools, and change what tests see. */
export function buildEnvironment(environment = process.env) {
  const { NODE_ENV: _dropped, ...rest } = environment;
  return { ...rest, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };
}

/** Called by its path, because npx takes longer to find it than turbo to find nothing to do. */
export const turboIn = (base) => join(base, 'node_modules', '.bin', 'turbo');

/** For `demo`, one workspace and what it needs: npm follows it through the workspaces, and keeps to the one lock. */
const INSTALL = { all: [], demo: ['--workspace', DEMO, '--include-workspace-root'] };
const BUILD = { all: [], demo: [`--filter=${DEMO}...`] };

export const installArguments = (install) => [
  'ci',
  '--include=dev',
  '--no-fund',
  '--no-audit',
  ...INSTALL[install],
];

export function installDependencies(cwd, install) {
  console.log(`podlan: installing ${install === 'demo' ? "the demo's" : 'all'} dependencies (npm ci) …`);
  const { status, error } = spawnSync('npm', installArguments(install), {
    cwd,
    env: buildEnvironment(),
    stdio: 'inherit',
  });
  if (status === 0) return undefined;
  return `npm ci failed (${error?.message ?? `exit ${status}`}); its own message stands above. Is the npm registry reachable?`;
}

export function buildPackages(cwd, install) {
  console.log('podlan: building …');
  const { status, error, stdout, stderr } = spawnSync(
    turboIn(cwd),
    ['run', 'build', '--output-logs=errors-only', ...BUILD[install]],
    { cwd, env: buildEnvironment(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status === 0) return undefined;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  return `the build failed (${error?.message ?? `exit ${status}`}); its output stands above.`;
}
