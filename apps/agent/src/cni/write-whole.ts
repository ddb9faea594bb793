/** A file that is there whole or not at all, whoever looks and whatever crashes. */
import {
  closeSync,
  fchmodSync,
  fsyncSync,
  mkdirSync,
  openSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

/** The new file is written beside the old one, under a name that runtimes pass over, and takes its place at once. */
export function writeWhole(path: string, content: Buffer | string, mode: number): void {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const fresh = join(dirname(path), `.${basename(path)}.${process.pid}`);
  try {
    const file = openSync(fresh, 'w', mode);
    try {
      writeFileSync(file, content);
      // openSync leaves out what the umask does.
      fchmodSync(file, mode);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(fresh, path);
  } catch (error) {
    rmSync(fresh, { force: true });
    throw error;
  }
}
