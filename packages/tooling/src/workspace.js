/** Where things lie in this repository: its root, and the folders that are npm workspaces. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export const rootFile = (name) => join(root, name);

const WORKSPACE_PARENTS = ['packages', 'apps'];

/** A workspace by itself, in no folder of its like. */
const SITE = 'docs';

/** The workspace of the command that the demo is part of. */
export const DEMO = 'podlan';

/** Every workspace as `{ folder, manifest }`; `folder` is relative to `base`: `packages/wire`. */
export function workspaces(base = root) {
  return WORKSPACE_PARENTS.filter((parent) => existsSync(join(base, parent)))
    .flatMap((parent) => readdirSync(join(base, parent)).map((name) => `${parent}/${name}`))
    .concat(SITE)
    .filter((folder) => existsSync(join(base, folder, 'package.json')))
    .map((folder) => ({
      folder,
      manifest: JSON.parse(readFileSync(join(base, folder, 'package.json'), 'utf8')),
    }));
}

/** The workspace of this name, and those that it needs, directly or through others, to build and to run. */
export function workspacesFor(name, base = root) {
  const all = new Map(workspaces(base).map((one) => [one.manifest.name, one]));
  const needed = new Set([name]);
  for (const each of needed) {
    const { dependencies, devDependencies } = all.get(each).manifest;
    for (const other of Object.keys({ ...dependencies, ...devDependencies }))
      if (all.has(other)) needed.add(other);
  }
  return [...needed].map((each) => all.get(each));
}
