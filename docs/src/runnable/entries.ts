/** Which code runs in the page: a module that imports these and nothing else. */

/** What of the packages runs in a browser, by the names that code imports. */
export const ENTRIES: readonly string[] = [
  '@podlan/wire',
  '@podlan/dataplane',
  '@podlan/dataplane/fakes',
  '@podlan/linux/model',
  '@podlan/linux/prefix',
  '@podlan/fabric',
  '@podlan/cni/attach',
  '@podlan/simulator',
  '@podlan/simulator/snapshot',
];

/** The name in `import { a } from 'name'` and in `import 'name'`, over several lines too. */
const IMPORT = /^import\s[^'"]*['"]([^'"]+)['"]/gm;

/** Whether the page has all that `code` imports, and it imports something: other code is a fragment. */
export function isRunnable(code: string): boolean {
  const names = [...code.matchAll(IMPORT)].map(([, name]) => name!);
  return names.length > 0 && names.every((name) => ENTRIES.includes(name));
}
