/** A hash of everything the build reads, so that a start with nothing changed need not ask the build tools. */
import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { DEMO, workspaces, workspacesFor } from './workspace.js';

const ROOT_FILES = ['package.json', 'package-lock.json', 'turbo.json'];
/** What lies in a workspace and is no input: products, reports, tests. */
const NOT_SOURCES = new Set([
  'node_modules',
  'dist',
  'build',
  'generated',
  '.docusaurus',
  '.turbo',
  'test',
  'test-results.json',
  'bench-results.json',
]);

export function hashOfFile(path) {
  return createHash('sha256').update(readFileSync(path)).digest('hex');
}

function* filesUnder(folder) {
  const entries = readdirSync(folder, { withFileTypes: true });
  for (const entry of entries.sort((a, b) => (a.name < b.name ? -1 : 1))) {
    if (NOT_SOURCES.has(entry.name)) continue;
    const path = join(folder, entry.name);
    if (entry.isDirectory()) yield* filesUnder(path);
    else if (entry.isFile()) yield path;
  }
}

export function hashOfSources(base) {
  const hash = createHash('sha256').update(process.versions.node);
  const files = [
    ...ROOT_FILES.map((name) => join(base, name)).filter(existsSync),
    ...workspaces(base).flatMap(({ folder }) => [...filesUnder(join(base, folder))]),
  ];
  for (const file of files) {
    hash.update(`\0${file.slice(base.length)}\0`).update(readFileSync(file));
  }
  return hash.digest('hex');
}

/** Workspaces whose build product is not there: somebody deleted it. With `demo`, of those that the demo needs. */
export function missingBuilds(base, install = 'all') {
  return (install === 'demo' ? workspacesFor(DEMO, base) : workspaces(base))
    .filter(({ manifest }) => manifest.scripts?.build)
    .map(({ folder }) => folder)
    .filter((folder) => !['dist', 'build'].some((product) => existsSync(join(base, folder, product))));
}
