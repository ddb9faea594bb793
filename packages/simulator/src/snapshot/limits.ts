/** How large a snapshot may be in every direction, looked at before anything else is: the file may be anybody's. */
import { type Key, pathText, SnapshotError } from './snapshot-error.js';

/** Far above what the largest hosts have. */
export const LIMITS = {
  /** Of the text, in UTF-16 units. */
  characters: 64 * 1024 * 1024,
  listLength: 200_000,
  stringLength: 4096,
  depth: 64,
  /** Keys of one object. */
  keys: 20_000,
} as const;

/** Harmless in JSON itself, and a trap wherever objects are merged. */
const TRAPS = new Set(['__proto__', 'constructor', 'prototype']);

/** A value still to be looked at, and the way to it. */
interface Visit {
  readonly value: unknown;
  readonly key: Key;
  readonly parent: Visit | undefined;
  readonly depth: number;
}

/** Throws SnapshotError at the first thing that is beyond a limit. Not recursive: depth is one of what it limits. */
export function checkLimits(root: unknown): void {
  const open: Visit[] = [{ value: root, key: '', parent: undefined, depth: 0 }];
  for (let visit = open.pop(); visit !== undefined; visit = open.pop()) {
    const { value } = visit;
    if (typeof value === 'string') checkString(value, visit);
    else if (typeof value === 'object' && value !== null) openChildren(value, visit, open);
  }
}

function openChildren(value: object, visit: Visit, open: Visit[]): void {
  if (visit.depth >= LIMITS.depth) refuse(visit, `at most ${LIMITS.depth} levels`, 'more');
  const depth = visit.depth + 1;
  if (Array.isArray(value)) {
    if (value.length > LIMITS.listLength)
      refuse(visit, `a list of at most ${LIMITS.listLength}`, `one of ${value.length}`);
    for (let i = value.length - 1; i >= 0; i--) open.push({ value: value[i], key: i, parent: visit, depth });
    return;
  }
  const keys = Object.keys(value);
  if (keys.length > LIMITS.keys) refuse(visit, `at most ${LIMITS.keys} keys`, `${keys.length}`);
  for (const key of keys) {
    const child = { value: (value as Record<string, unknown>)[key], key, parent: visit, depth };
    if (TRAPS.has(key)) refuse(child, 'no such key', `the key ${key}`);
    checkString(key, child);
    open.push(child);
  }
}

function checkString(text: string, visit: Visit): void {
  if (text.length > LIMITS.stringLength)
    refuse(visit, `a text of at most ${LIMITS.stringLength} characters`, `one of ${text.length}`);
}

function refuse(visit: Visit, expected: string, found: string): never {
  const keys: Key[] = [];
  for (let at: Visit = visit; at.parent !== undefined; at = at.parent) keys.unshift(at.key);
  throw new SnapshotError(pathText(keys), expected, found);
}
