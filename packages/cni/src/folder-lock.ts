/**
 * The lock of a folder, as the CNI `host-local` plugin takes it: flock(2) on its file `lock`.
 *
 * A lock of that kind belongs to the open file, not to who took it: `flock` of util-linux or BusyBox takes it on a file
 * that is open here, and ends; it is held until that file is closed, or this process ends. No native module is loaded.
 */
import { spawn } from 'node:child_process';
import { type FileHandle, open } from 'node:fs/promises';

const PATIENCE_MS = 60_000;

/** Rejects with an Error that says what to do, where the lock can't be had. */
export async function withFolderLock<T>(path: string, work: () => Promise<T>): Promise<T> {
  const file = await open(path, 'a', 0o600);
  try {
    await take(file, path);
    return await work();
  } finally {
    await file.close();
  }
}

const take = (file: FileHandle, path: string): Promise<void> =>
  new Promise((resolve, reject) => {
    const child = spawn('flock', ['-x', '3'], { stdio: ['ignore', 'ignore', 'pipe', file.fd] });
    let said = '';
    child.stderr?.on('data', (chunk) => {
      said += chunk;
    });
    const timer = setTimeout(() => {
      said = `another process has held it for ${PATIENCE_MS / 1000} s`;
      child.kill();
    }, PATIENCE_MS);
    const fail = (reason: string, cause?: Error) => {
      clearTimeout(timer);
      reject(new Error(`cannot lock ${path}: ${reason}`, { cause }));
    };
    child.on('error', (cause: NodeJS.ErrnoException) =>
      fail(
        cause.code === 'ENOENT' ? 'flock not found: install the package util-linux' : cause.message,
        cause,
      ),
    );
    child.on('close', (code) => {
      if (code !== 0) return fail(said.trim() || `flock ended with ${code}`);
      clearTimeout(timer);
      resolve();
    });
  });
