/** The file of a snapshot: for its owner alone, and whole or not there. */
import { renameSync, writeFileSync } from 'node:fs';
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { UsageError } from '../usage-error.js';

export const snapshotText = (snapshot: NodeSnapshot): string => `${JSON.stringify(snapshot, null, 1)}\n`;

export function writeSnapshot(path: string, snapshot: NodeSnapshot): void {
  const fresh = `${path}.${process.pid}.new`;
  refusingToWrite(path, () => {
    writeFileSync(fresh, snapshotText(snapshot), { mode: 0o600, flag: 'wx' });
    renameSync(fresh, path);
  });
}

/** What the system refuses is told as the caller's mistake, which it is. */
export function refusingToWrite(path: string, write: () => void): void {
  try {
    write();
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    throw new UsageError(`expected to write ${path}, found that it cannot be written (${code})`, { cause });
  }
}
