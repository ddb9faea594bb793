/** What is wrong with a snapshot file, and where. */

/**
 * A file that is no snapshot, or none that this version reads.
 * @example
 * ```ts
 * import { parseSnapshot, SnapshotError } from '@podlan/simulator/snapshot';
 *
 * try {
 *   parseSnapshot('{"schema": "podlan-snapshot", "version": 2}');
 * } catch (error) {
 *   const { path, expected, found } = error as SnapshotError;
 *   [path, expected, found]; // => ['version', '1', '2']
 * }
 * ```
 */
export class SnapshotError extends Error {
  /** In the file: `namespaces[0].links[3].mtu`; empty for the file as a whole. */
  readonly path: string;
  readonly expected: string;
  readonly found: string;

  constructor(path: string, expected: string, found: string, options?: ErrorOptions & { advice?: string }) {
    const { advice, ...rest } = options ?? {};
    const place = path === '' ? 'the snapshot' : `the snapshot at ${path}`;
    super(`${place}: expected ${expected}, found ${found}${advice ? `; ${advice}` : ''}`, rest);
    this.name = 'SnapshotError';
    this.path = path;
    this.expected = expected;
    this.found = found;
  }
}

const LONGEST_SHOWN = 60;

/** A value in few words. */
export function shown(value: unknown): string {
  if (Array.isArray(value)) return `a list of ${value.length}`;
  if (value === null) return 'null';
  if (typeof value === 'object') return 'an object';
  if (value === undefined) return 'nothing';
  const text = typeof value === 'string' ? JSON.stringify(value.slice(0, LONGEST_SHOWN)) : String(value);
  return typeof value === 'string' && value.length > LONGEST_SHOWN
    ? `${text}… (${value.length} characters)`
    : text;
}

export type Key = string | number;

/** `['namespaces', 0, 'links']` -> `namespaces[0].links`. */
export function pathText(keys: readonly Key[]): string {
  return keys.reduce<string>((text, key) => text + stepText(key, text === ''), '');
}

function stepText(key: Key, isFirst: boolean): string {
  if (typeof key === 'number') return `[${key}]`;
  if (!/^[A-Za-z_]\w{0,60}$/.test(key)) return `[${shown(key)}]`;
  return isFirst ? key : `.${key}`;
}

export function refuse(path: readonly Key[], expected: string, found: unknown): never {
  throw new SnapshotError(pathText(path), expected, shown(found));
}
