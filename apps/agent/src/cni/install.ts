/**
 * Puts the CNI plugin where container runtimes look. The list of plugins comes last of all: as soon as it is there, pods
 * are attached by it. Taking away goes the other way round.
 */
import { existsSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { isIP } from 'node:net';
import { join } from 'node:path';
import { UsageError } from '../usage-error.js';
import { type Network, readNetwork, TYPE } from './network.js';
import { writeWhole } from './write-whole.js';

export interface InstallOptions {
  readonly binDir: string;
  readonly confDir: string;
  /** Name of the list's file: of several, runtimes take the first in the order of the alphabet. */
  readonly confName: string;
  readonly cniVersion: string;
  /** Of this host's lease, where it is not flannel's. */
  readonly subnetFile?: string;
  /** One executable with Node.js in it, in place of the script. */
  readonly executable?: string;
  readonly portmap: boolean;
  /** A file with the whole network, in place of the one that the others make. */
  readonly conflist?: string;
}

export interface Installed {
  readonly executable: string;
  readonly conflist: string;
  readonly warnings: readonly string[];
}

const NETWORK = 'podlan';

export function install(options: InstallOptions): Installed {
  const { binDir, confDir, confName } = options;
  const list = options.conflist === undefined ? conflistOf(options) : readNetwork(options.conflist);
  if (list.plugins.some(({ type }) => type === 'portmap')) requirePortmap(binDir);
  const executable = join(binDir, TYPE);
  const conflist = join(confDir, confName);
  const bytes = readExecutable(options.executable);
  writeWhole(executable, bytes, 0o755);
  writeWhole(conflist, `${JSON.stringify(list, null, 2)}\n`, 0o644);
  return { executable, conflist, warnings: rivalsOf(confDir, confName) };
}

function conflistOf({ cniVersion, subnetFile, portmap }: InstallOptions): Network {
  const podlan = {
    type: TYPE,
    ...(subnetFile === undefined ? {} : { subnetFile }),
    delegate: { hairpinMode: true, isDefaultGateway: true },
  };
  const published = { type: 'portmap', capabilities: { portMappings: true } };
  return { cniVersion, name: NETWORK, plugins: [podlan, ...(portmap ? [published] : [])] };
}

/** A list with a plugin that isn't there keeps every pod from starting. */
function requirePortmap(binDir: string): void {
  if (existsSync(join(binDir, 'portmap'))) return;
  const elsewhere = ['/opt/cni/bin', '/usr/lib/cni', '/usr/libexec/cni'].find((folder) =>
    existsSync(join(folder, 'portmap')),
  );
  const advice = elsewhere
    ? `it is in ${elsewhere}: --bin-dir ${elsewhere} where your runtime looks there too`
    : 'install the standard plugins (apt-get install containernetworking-plugins)';
  throw new UsageError(
    `expected the plugin portmap in ${binDir}, found none; ${advice}, or publish no ports: --no-portmap, or a --conflist without it`,
  );
}

/** The script names the Node.js it was installed by: a runtime's PATH may have none. */
function readExecutable(path: string | undefined): Buffer | string {
  if (path !== undefined) return readFileSync(path);
  const script = createRequire(import.meta.url).resolve('podlan-cni/build/podlan-cni.cjs');
  const node = process.execPath;
  // The kernel cuts the first line at 255 bytes, and takes what stands after a space for an argument.
  const line = /\s/.test(node) || node.length > 250 ? '#!/usr/bin/env node' : `#!${node}`;
  return readFileSync(script, 'utf8').replace(/^#!.*/, line);
}

const isList = (name: string): boolean => /\.(conflist|conf|json)$/.test(name);

function rivalsOf(confDir: string, confName: string): string[] {
  return readdirSync(confDir)
    .filter((name) => isList(name) && name < confName)
    .map(
      (name) =>
        `${join(confDir, name)} comes before ${confName}: runtimes that take the first network take that one; ` +
        'remove it, or choose --conf-name',
    );
}

export interface UninstallOptions extends Pick<InstallOptions, 'binDir' | 'confDir' | 'confName'> {
  /** Also while pods have addresses, which nothing then gives back. */
  readonly force: boolean;
}

/** What was taken away; nothing there is no error. */
export function uninstall({ binDir, confDir, confName, force }: UninstallOptions): string[] {
  const conflist = join(confDir, confName);
  const plugins = existsSync(conflist) ? pluginsOf(conflist) : undefined;
  if (plugins && !force) requireNoPods(conflist, plugins);
  const files = [...(plugins ? [conflist] : []), join(binDir, TYPE)].filter((file) => existsSync(file));
  for (const file of files) rmSync(file);
  return files;
}

interface Plugin {
  readonly type?: unknown;
  readonly ipam?: { readonly dataDir?: unknown };
}

function pluginsOf(conflist: string): { name: string; own: Plugin } {
  const { name, plugins } = JSON.parse(readFileSync(conflist, 'utf8')) as {
    name?: unknown;
    plugins?: unknown;
  };
  const own = Array.isArray(plugins) ? (plugins as Plugin[]).find(({ type }) => type === TYPE) : undefined;
  if (own) return { name: String(name), own };
  throw new UsageError(`${conflist}: expected the plugin ${TYPE}, found none; it is not podlan's, and stays`);
}

function requireNoPods(conflist: string, { name, own }: { name: string; own: Plugin }): void {
  const folder = join(String(own.ipam?.dataDir ?? '/var/lib/cni/networks'), name);
  const held = existsSync(folder) ? readdirSync(folder).filter((file) => isIP(file) !== 0) : [];
  if (held.length === 0) return;
  const count = held.length === 1 ? 'one pod has an address' : `${held.length} pods have addresses`;
  throw new UsageError(`${count} of ${conflist} (${folder}): delete them first, or --force`);
}
