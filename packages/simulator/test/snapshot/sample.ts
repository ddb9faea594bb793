/** A host of a lab with one pod, as `podlan lab snapshot` wrote it, with some tables shortened and a foreign rule added. */
import { readFileSync } from 'node:fs';
import type { NodeSnapshot } from '../../dist/snapshot/index.js';

export const SAMPLE = readFileSync(new URL('./host-a.json', import.meta.url), 'utf8');
export const sample = (): NodeSnapshot => JSON.parse(SAMPLE) as NodeSnapshot;

export type Path = readonly (string | number)[];

/** Every value within, by the way to it; the whole itself has the empty way. */
export function pathsOf(value: unknown, path: Path = []): Path[] {
  if (typeof value !== 'object' || value === null) return [path];
  const inner = Array.isArray(value)
    ? value.flatMap((one, at) => pathsOf(one, [...path, at]))
    : Object.entries(value).flatMap(([key, one]) => pathsOf(one, [...path, key]));
  return [path, ...inner];
}

/** A copy with another value there. */
export function withValue(root: unknown, path: Path, value: unknown): unknown {
  if (path.length === 0) return value;
  const copy = structuredClone(root) as Record<string | number, unknown>;
  const parent = path.slice(0, -1).reduce((at, key) => at[key] as typeof copy, copy);
  // Defined, not assigned: the key may be __proto__.
  Object.defineProperty(parent, path.at(-1)!, {
    value,
    enumerable: true,
    writable: true,
    configurable: true,
  });
  return copy;
}

export const valueAt = (root: unknown, path: Path): unknown =>
  path.reduce<unknown>((at, key) => (at as Record<string | number, unknown>)[key], root);
