/**
 * The `podlan` command with all it needs in one folder: its own files, and beside them in node_modules what it imports,
 * packages of this repository as they are published. What runs here runs nowhere else: native modules are this platform's.
 */
import {
  cpSync,
  existsSync,
  lutimesSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  realpathSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative, sep } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));
export const AGENT = join(ROOT, 'apps/agent');

export const readManifest = (folder) => JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));
export const VERSION = readManifest(AGENT).version;

/** Seconds since 1970 that all files are given: the same input makes the same bytes. */
export const EPOCH = Number(process.env.SOURCE_DATE_EPOCH ?? 0);

/** For people and compilers, not for the program. */
const NOT_RUN = /\.(map|d\.[cm]?ts|md|markdown)$|\/(test|tests|docs?|examples?|\.github)\//;
const KEPT = /\/(LICEN[CS]E|NOTICE|package\.json)[^/]*$/i;

/** Where Node.js finds a package that `folder` imports; undefined where it is not installed. */
function findPackage(name, folder) {
  for (let at = folder; at.startsWith(ROOT.replace(/\/$/, '')); at = dirname(at)) {
    const found = join(at, 'node_modules', name);
    if (existsSync(found)) return found;
  }
  return undefined;
}

/** Folders below node_modules of all that `folder` needs at run time, by the path that they have there. */
function needed(folder, found = new Map()) {
  const { dependencies = {}, optionalDependencies = {} } = readManifest(folder);
  for (const name of Object.keys({ ...optionalDependencies, ...dependencies })) {
    const linked = findPackage(name, folder);
    // Of optional ones, those of other platforms are not here.
    if (linked === undefined && name in optionalDependencies) continue;
    if (linked === undefined) throw new Error(`${folder} needs ${name}, which is not installed: npm ci`);
    if (name.startsWith('@types/') || found.has(linked)) continue;
    found.set(linked, relative(join(ROOT, 'node_modules'), linked));
    needed(realpathSync(linked), found);
  }
  return found;
}

/** What npm would publish of a package of this repository. */
function copyPublished(from, to) {
  const { files } = readManifest(from);
  const names = [
    'package.json',
    'LICENSE',
    ...files.filter((file) => file !== 'src' && !file.endsWith('.md')),
  ];
  for (const name of names) copyRun(join(from, name), join(to, name));
}

function copyRun(from, to) {
  const filter = (path) => KEPT.test(path) || !NOT_RUN.test(path.slice(from.length).replaceAll(sep, '/'));
  cpSync(from, to, {
    recursive: true,
    dereference: true,
    filter: (path) => filter(path) && !isNested(path, from),
  });
}

/** What lies in a package's own node_modules is found, and copied, by itself. */
const isNested = (path, from) => path.slice(from.length).split(sep).includes('node_modules');

/** Only what is in the bundle is asked for, so that nobody looks for it elsewhere. */
function trimManifest(folder, more = {}) {
  const {
    devDependencies,
    peerDependencies,
    peerDependenciesMeta,
    optionalDependencies,
    dependencies = {},
    scripts,
    ...rest
  } = readManifest(folder);
  const kept = Object.entries(dependencies).filter(([name]) => !name.startsWith('@types/'));
  const manifest = { ...rest, ...(kept.length > 0 && { dependencies: Object.fromEntries(kept) }), ...more };
  writeFileSync(join(folder, 'package.json'), `${JSON.stringify(manifest, null, 2)}\n`);
}

/** Fills `to`, which is made. */
export function bundle(to) {
  const modules = needed(AGENT);
  copyPublished(AGENT, to);
  for (const [from, path] of modules) {
    const real = realpathSync(from);
    const target = join(to, 'node_modules', path);
    mkdirSync(dirname(target), { recursive: true });
    if (real.includes(`${sep}node_modules${sep}`)) copyRun(real, target);
    else copyPublished(real, target);
    trimManifest(target);
  }
  const names = [...modules.values()].filter((path) => !path.includes(`node_modules${sep}`)).sort();
  const versions = names.map((name) => [name, readManifest(join(to, 'node_modules', name)).version]);
  trimManifest(to, {
    dependencies: Object.fromEntries(versions),
    bundleDependencies: names,
    os: [process.platform],
    cpu: [process.arch],
  });
}

/** Every file and folder below, and itself, as old as EPOCH. */
export function setTimes(folder) {
  for (const entry of readdirSync(folder, { withFileTypes: true })) {
    if (entry.isDirectory()) setTimes(join(folder, entry.name));
    else lutimesSync(join(folder, entry.name), EPOCH, EPOCH);
  }
  lutimesSync(folder, EPOCH, EPOCH);
}
