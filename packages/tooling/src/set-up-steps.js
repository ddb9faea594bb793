/** The two steps that bring a clone to life. Each returns what went wrong as a message, or undefined. */
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';

/** NODE_ENV=production in the caller's shell would drop the build tools, and change what tests see. */
export function buildEnvironment(environment = process.env) {
  const { NODE_ENV: _dropped, ...rest } = environment;
  return { ...rest, TURBO_TELEMETRY_DISABLED: '1', TURBO_NO_UPDATE_NOTIFIER: '1', DO_NOT_TRACK: '1' };
}

/** Called by its path, because npx takes longer to find it than turbo to find nothing to do. */
export const turboIn = (base) => join(base, 'node_modules', '.bin', 'turbo');

export function installDependencies(cwd) {
  console.log('podlan: installing dependencies (npm ci) …');
  const { status, error } = spawnSync('npm', ['ci', '--include=dev', '--no-fund', '--no-audit'], {
    cwd,
    env: buildEnvironment(),
    stdio: 'inherit',
  });
  if (status === 0) return undefined;
  return `npm ci failed (${error?.message ?? `exit ${status}`}); its own message stands above. Is the npm registry reachable?`;
}

export function buildPackages(cwd) {
  console.log('podlan: building …');
  const { status, error, stdout, stderr } = spawnSync(
    turboIn(cwd),
    ['run', 'build', '--output-logs=errors-only'],
    { cwd, env: buildEnvironment(), encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 },
  );
  if (status === 0) return undefined;
  process.stderr.write(`${stdout ?? ''}${stderr ?? ''}`);
  return `the build failed (${error?.message ?? `exit ${status}`}); its output stands above.`;
}
