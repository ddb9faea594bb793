/** The modules a package offers, by the `exports` of its manifest. */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The declaration file behind an entry of `exports`, under whatever conditions; undefined for what is no module. */
function typesOf(entry) {
  if (typeof entry !== 'object' || entry === null) return undefined;
  if (typeof entry.types === 'string') return entry.types;
  return Object.values(entry).map(typesOf).find(Boolean);
}

const sourceOf = (types) => types.replace(/^\.\/dist\//, 'src/').replace(/\.d\.ts$/, '.ts');

/** `{ specifier: '@podlan/linux/model', source: 'src/model.ts' }` for each subpath that has types. */
export function entryPoints(folder) {
  const { name, exports = {} } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
  return Object.entries(exports).flatMap(([subpath, entry]) => {
    const types = typesOf(entry);
    if (types === undefined) return [];
    const source = sourceOf(types);
    if (!existsSync(join(folder, source))) {
      throw new Error(
        `exports["${subpath}"] of ${name}: expected its source at ${source}, found no such file`,
      );
    }
    return [{ specifier: join(name, subpath), source }];
  });
}
