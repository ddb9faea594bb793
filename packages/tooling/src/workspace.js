/** Where things lie in this repository: its root, and the folders that are npm workspaces. */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

export const root = join(dirname(fileURLToPath(import.meta.url)), '..', '..', '..');

export const rootFile = (name) => join(root, name);

const WORKSPACE_PARENTS = ['packages', 'apps'];

/** A workspace by itself, in no folder of its like. */
const SITE = 'docs';

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
