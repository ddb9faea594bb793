/** Snapshots that lie in files. */
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { type NodeSnapshot, parseSnapshot, SnapshotError } from '@podlan/simulator/snapshot';
import { UsageError } from '../usage-error.js';

/** Files, and directories with files `*.json`. Throws UsageError that names the file, and the place in it. */
export function readSnapshots(paths: readonly string[]): NodeSnapshot[] {
  return paths.flatMap(filesOf).map(readSnapshot);
}

function filesOf(path: string): string[] {
  try {
    if (!statSync(path).isDirectory()) return [path];
    const files = readdirSync(path).filter((name) => name.endsWith('.json'));
    if (files.length > 0) return files.sort().map((name) => join(path, name));
  } catch (cause) {
    throw unreadable(path, cause);
  }
  throw new UsageError(`--snapshots: expected files *.json in ${path}, found none; ${HOW_TO_WRITE}`);
}

const HOW_TO_WRITE = 'write some with: podlan lab snapshot, or on each node: podlan snapshot';

function readSnapshot(path: string): NodeSnapshot {
  try {
    return parseSnapshot(readFileSync(path, 'utf8'));
  } catch (cause) {
    if (!(cause instanceof SnapshotError)) throw unreadable(path, cause);
    throw new UsageError(`${path}: ${cause.message}`, { cause });
  }
}

function unreadable(path: string, cause: unknown): UsageError {
  const { code, message } = cause as NodeJS.ErrnoException;
  if (code === 'ENOENT')
    return new UsageError(
      `--snapshots: expected a file or directory, found none at ${path}; ${HOW_TO_WRITE}`,
      {
        cause,
      },
    );
  return new UsageError(
    `${path}: expected a file that can be read, found that it cannot (${code ?? message})`,
    {
      cause,
    },
  );
}
