/**
 * The import direction, as a table.
 *
 *     wire <- dataplane      wire <- linux/model <- linux      wire, linux/model <- fabric, cni/attach
 *     cni/attach, linux <- cni      wire, dataplane, linux/model, fabric, cni/attach <- simulator      everything <- apps
 *     wire, dataplane, linux/model, fabric, cni/attach, simulator <- playground <- docs
 *
 * A package may hold a browser-safe layer beside one that uses Node.js (`linux/model` beside `linux`). The files of a
 * named layer are listed; every other file belongs to the package's own layer. So a new file is never browser-safe by
 * accident, and a listed one cannot lean on one that is not.
 */
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { builtinModules } from 'node:module';
import { join, posix, relative } from 'node:path';
import ts from 'typescript';
import { workspaces } from './workspace.js';

/**
 * `files`: names under src/ without extension; a trailing slash takes a folder, a trailing star
 * every name that begins so. None: what no other layer of the
 * package lists. `imports`: other layers. `node`: may import `node:*`. `aliases`: beginnings of names that its bundler
 * resolves by itself. `bundled`: what it imports is inside the one file that is published, so development needs it alone.
 */
export const LAYERS = {
  wire: { folder: 'packages/wire', imports: [], node: false },
  dataplane: { folder: 'packages/dataplane', imports: ['wire'], node: false },
  'linux/model': {
    folder: 'packages/linux',
    files: [
      'model',
      'diff',
      'rows',
      'nft-text',
      'checked-names',
      'batch-lines',
      'command-lines',
      'prefix',
      'memory-kernel',
      'table-watchers',
      'prefix/',
      'model/',
    ],
    imports: ['wire'],
    node: false,
  },
  linux: { folder: 'packages/linux', imports: ['wire', 'linux/model'], node: true },
  fabric: { folder: 'packages/fabric', imports: ['wire', 'linux/model'], node: false },
  'fabric/stores': {
    folder: 'packages/fabric',
    files: ['stores/sqlite/*', 'stores/etcd/*', 'stores/kubernetes/*'],
    imports: ['wire', 'linux/model', 'fabric'],
    node: true,
  },
  'cni/attach': {
    folder: 'packages/cni',
    files: ['attach', 'attachment', 'cni-error', 'protocol', 'protocol/'],
    imports: ['wire', 'linux/model'],
    node: false,
  },
  cni: { folder: 'packages/cni', imports: ['wire', 'linux/model', 'linux', 'cni/attach'], node: true },
  simulator: {
    folder: 'packages/simulator',
    imports: ['wire', 'dataplane', 'linux/model', 'fabric', 'cni/attach'],
    node: false,
  },
  agent: {
    folder: 'apps/agent',
    imports: [
      'wire',
      'dataplane',
      'linux/model',
      'linux',
      'fabric',
      'fabric/stores',
      'cni/attach',
      'cni',
      'simulator',
    ],
    node: true,
  },
  'cni-plugin': {
    folder: 'apps/cni-plugin',
    imports: ['wire', 'linux/model', 'linux', 'fabric', 'cni/attach', 'cni'],
    node: true,
    bundled: true,
  },
  playground: {
    folder: 'apps/playground',
    imports: ['wire', 'dataplane', 'linux/model', 'fabric', 'cni/attach', 'simulator'],
    node: false,
  },
  docs: {
    folder: 'docs',
    imports: ['wire', 'dataplane', 'linux/model', 'fabric', 'cni/attach', 'simulator', 'playground'],
    node: false,
    aliases: ['@docusaurus/', '@generated/', '@theme/', '@theme-original/', '@site/'],
  },
};

/** Contract suites and fakes that tests import; they may use the test runner, and no shipped layer may import them. */
const TESTING = ['testing', 'testing/', 'fakes'];

const builtins = new Set(builtinModules);
const isBuiltin = (specifier) => specifier.startsWith('node:') || builtins.has(specifier.split('/')[0]);

const listed = (files, name) =>
  files.some((file) => (/[*/]$/.test(file) ? name.startsWith(file.replace(/\*$/, '')) : name === file));

/** The layer of `packages/linux/src/model.ts`: the one that lists it, else its package's unlisted one. */
export function layerOf(file, layers = LAYERS) {
  const ofPackage = Object.entries(layers).filter(([, { folder }]) => file.startsWith(`${folder}/src/`));
  const name = (folder) => file.slice(`${folder}/src/`.length).replace(/\.[jt]sx?$/, '');
  const named = ofPackage.find(([, { folder, files }]) => files && listed(files, name(folder)));
  return (named ?? ofPackage.find(([, { files }]) => !files))?.[0];
}

const isTesting = (file) =>
  listed(TESTING, file.replace(/^[^/]+\/[^/]+\/src\//, '').replace(/\.[jt]sx?$/, ''));

/** The source file behind `@podlan/linux/model`, by the package's own exports; undefined when it exports no such path. */
function sourceOfSubpath(specifier, packages) {
  const owner = packages.find(
    ({ manifest: { name } }) => specifier === name || specifier.startsWith(`${name}/`),
  );
  if (!owner) return undefined;
  const entry = owner.manifest.exports?.[`.${specifier.slice(owner.manifest.name.length)}`];
  const target = typeof entry === 'string' ? entry : entry?.default;
  return target?.replace(/^\.\/(dist|src)\//, `${owner.folder}/src/`).replace(/\.js$/, '.ts');
}

/** The source file behind `#compiled-module`, by the package's own imports. */
const sourceOfInternal = (specifier, { folder, manifest }) =>
  manifest.imports?.[specifier]?.default?.replace(/^\.\/dist\//, `${folder}/src/`).replace(/\.js$/, '.ts');

const packageName = (specifier) =>
  specifier
    .split('/')
    .slice(0, specifier.startsWith('@') ? 2 : 1)
    .join('/');

function declares(manifest, specifier) {
  const { dependencies = {}, peerDependencies = {}, name } = manifest;
  const wanted = packageName(specifier);
  return wanted === name || wanted in dependencies || wanted in peerDependencies;
}

const provides = (manifest, specifier, { bundled = false }) =>
  declares(manifest, specifier) ||
  (bundled && declares({ dependencies: manifest.devDependencies }, specifier));

function layerFault(from, target, specifier, layers) {
  const to = layerOf(target, layers);
  if (!to) return `${target} belongs to no layer`;
  if (to === from || layers[from].imports.includes(to)) return undefined;
  const allowed = layers[from].imports.join(', ') || 'no other layer';
  return `${from} may import ${allowed}, but '${specifier}' is ${to}`;
}

/** Why `file` may not import `specifier`, or undefined when it may. */
export function importFault({ file, specifier, owner, packages, layers = LAYERS }) {
  const from = layerOf(file, layers);
  if (!from) return 'the file belongs to no layer; give its package a line in packages/tooling/src/layers.js';
  if (isBuiltin(specifier)) {
    return layers[from].node || isTesting(file) ? undefined : `${from} runs in browsers: no Node.js modules`;
  }
  if (specifier.startsWith('.')) {
    const target = posix.join(posix.dirname(file), specifier).replace(/\.js$/, '.ts');
    if (isTesting(target) && !isTesting(file)) return 'shipped code may not import what exists for tests';
    return layerFault(from, target, specifier, layers);
  }
  if (specifier.startsWith('#')) {
    const target = sourceOfInternal(specifier, owner);
    return target ? layerFault(from, target, specifier, layers) : 'the package imports no such path';
  }
  const isOurs = packages.some(({ manifest }) => manifest.name === packageName(specifier));
  if (!isOurs) {
    if (layers[from].aliases?.some((alias) => specifier.startsWith(alias))) return undefined;
    if (isTesting(file) && declares({ dependencies: owner.manifest.devDependencies }, specifier))
      return undefined;
    return provides(owner.manifest, specifier, layers[from])
      ? undefined
      : `${owner.folder}/package.json does not depend on it`;
  }
  const target = sourceOfSubpath(specifier, packages);
  if (!target) return 'the package exports no such path';
  if (isTesting(target) && !isTesting(file)) return 'shipped code may not import what exists for tests';
  return (
    layerFault(from, target, specifier, layers) ??
    (provides(owner.manifest, specifier, layers[from])
      ? undefined
      : `${owner.folder}/package.json does not depend on it`)
  );
}

function sourcesOf(base, folder) {
  const src = join(base, folder, 'src');
  if (!existsSync(src)) return [];
  return readdirSync(src, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && /\.[jt]sx?$/.test(entry.name))
    .map((entry) => relative(base, join(entry.parentPath ?? entry.path, entry.name)));
}

/** Every import that goes the wrong way, in all workspaces with a src/ folder except this one. */
export function violations(base, layers = LAYERS) {
  const packages = workspaces(base);
  return packages
    .filter(({ folder }) => folder !== 'packages/tooling')
    .flatMap((owner) => sourcesOf(base, owner.folder).map((file) => ({ file, owner })))
    .flatMap(({ file, owner }) =>
      ts.preProcessFile(readFileSync(join(base, file), 'utf8')).importedFiles.map(({ fileName }) => {
        const reason = importFault({ file, specifier: fileName, owner, packages, layers });
        return { file, specifier: fileName, reason };
      }),
    )
    .filter(({ reason }) => reason !== undefined);
}
