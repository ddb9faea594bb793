/** Reading what a turbo run left: each workspace's vitest report, and turbo's own summary of its tasks. */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { root, workspaces } from './workspace.js';

const REPORT = 'test-results.json';

const testedWorkspaces = () => workspaces().filter(({ manifest }) => manifest.scripts?.test);

/** Yesterday's report must not count today; what turbo's cache holds it puts back itself. */
export function removeReports() {
  for (const { folder } of testedWorkspaces()) rmSync(join(root, folder, REPORT), { force: true });
}

function readJson(path) {
  try {
    return JSON.parse(readFileSync(path, 'utf8'));
  } catch {
    return undefined;
  }
}

/** One entry per workspace that has tests: `{ name, report }`, the report undefined when it wrote none. */
export function readReports() {
  return testedWorkspaces().map(({ folder, manifest }) => ({
    name: manifest.name,
    report: readJson(join(root, folder, REPORT)),
  }));
}

/** Ids (`@podlan/wire#types`) of the tasks that ran and failed, from the newest summary in `runs`. */
export function failedTasks(runs) {
  const newest = existsSync(runs) ? readdirSync(runs).sort().at(-1) : undefined;
  const tasks = (newest && readJson(join(runs, newest))?.tasks) ?? [];
  return tasks.filter(({ execution }) => (execution?.exitCode ?? 0) !== 0).map(({ taskId }) => taskId);
}
