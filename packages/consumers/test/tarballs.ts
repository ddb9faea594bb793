/**
 * The tarballs that projects install from, made once for all test files: of the packages others import, and of what
 * those depend on, packed from this repository's node_modules, so that no install needs a registry.
 */
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { TestProject } from 'vitest/node';

export const PUBLISHED = ['wire', 'dataplane', 'linux', 'fabric', 'cni', 'simulator'];
export const ROOT = fileURLToPath(new URL('../../..', import.meta.url));

export interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly dependencies?: Record<string, string>;
  readonly optionalDependencies?: Record<string, string>;
  readonly [field: string]: unknown;
}

declare module 'vitest' {
  interface ProvidedContext {
    /** Removed after the last test. */
    temporaryFolder: string;
    /** Path of the tarball by name of the package. */
    tarballs: Record<string, string>;
  }
}

export const readManifest = (folder: string): Manifest =>
  JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8'));

/** What `folder`'s package needs at run time from elsewhere, and what that needs; as folders. */
function dependencyFolders(folder: string, found = new Set<string>()): Set<string> {
  const { dependencies, optionalDependencies } = readManifest(folder);
  for (const name of Object.keys({ ...dependencies, ...optionalDependencies })) {
    const dependency = join(ROOT, 'node_modules', name);
    // Of optional ones, those of other platforms are not here.
    if (name.startsWith('@podlan/') || found.has(dependency) || !existsSync(dependency)) continue;
    found.add(dependency);
    dependencyFolders(dependency, found);
  }
  return found;
}

function pack(folders: readonly string[], destination: string): Record<string, string> {
  const args = ['pack', '--json', '--ignore-scripts', '--pack-destination', destination, ...folders];
  const packed: { name: string; filename: string }[] = JSON.parse(
    execFileSync('npm', args, { encoding: 'utf8', stdio: ['ignore', 'pipe', 'pipe'] }),
  );
  return Object.fromEntries(packed.map(({ name, filename }) => [name, join(destination, filename)]));
}

export default function packAll(project: TestProject): () => void {
  const folder = mkdtempSync(join(tmpdir(), 'podlan-consumers-'));
  const published = PUBLISHED.map((name) => join(ROOT, 'packages', name));
  const needed = new Set(published.flatMap((source) => [...dependencyFolders(source)]));
  project.provide('tarballs', pack([...published, ...needed], folder));
  project.provide('temporaryFolder', folder);
  return () => rmSync(folder, { recursive: true });
}
