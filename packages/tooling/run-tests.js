#!/usr/bin/env node
/**
 * `npm test`: lint, layers, pages, types, API pages and every package's tests through turbo, then one line that sums them up.
 *
 * The last line on stdout is `N passed, N failed` (and `, N skipped` where there are any). A turbo task that fails
 * without a failed test in its report counts as one failure, so that no fault hides behind a green number.
 */
import { spawn } from 'node:child_process';
import { rmSync } from 'node:fs';
import { failedTasks, readReports, removeReports } from './src/reports.js';
import { buildEnvironment, turboIn } from './src/set-up-steps.js';
import { sumLine, sumUp } from './src/test-sum.js';
import { root, rootFile } from './src/workspace.js';

const RUNS = rootFile('.turbo/runs');

function runTurbo() {
  const args = ['run', 'lint', 'layers', 'pages', 'types', 'typedoc', 'test'];
  // Kernel tests time things; more at once than this and they time each other.
  args.push('--continue=dependencies-successful', '--concurrency=2', '--summarize', ...process.argv.slice(2));
  const child = spawn(turboIn(root), args, { cwd: root, env: buildEnvironment(), stdio: 'inherit' });
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
  return new Promise((resolve) => {
    child.on('error', () => resolve(1));
    child.on('exit', (code) => resolve(code ?? 1));
  });
}

removeReports();
rmSync(RUNS, { recursive: true, force: true });
const exitCode = await runTurbo();
const sum = sumUp({ reports: readReports(), failedTasks: failedTasks(RUNS), exitCode });
for (const fault of sum.faults) console.log(`FAILED  ${fault.replaceAll(`${root}/`, '')}`);
console.log(sumLine(sum));
process.exitCode = sum.failed > 0 || sum.passed === 0 ? 1 : 0;
