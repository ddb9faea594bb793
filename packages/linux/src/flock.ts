/** A lock on a file, held by an open file description and so gone with its process (flock(2)). */
import { closeSync, openSync } from 'node:fs';
import { setTimeout as delay } from 'node:timers/promises';
import { callError } from './call-error.js';
import { ERRNO, errno, flockCall } from './libc.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const RETRY_MS = 20;
const HELD = 'another process has held the lock all the time';

/** A lock that is held. It also goes with the process. */
export interface FileLock {
  /** Lets others have it; a second time it does nothing. */
  release(): void;
}

/**
 * Waits for an exclusive lock (flock(2)); the file is made where it is missing, and stays. Rejects with LinuxError
 * `EAGAIN` after `timeoutMs`, 30 s by default, and with an AbortError when `signal` aborts.
 * @example
 * ```ts
 * import { mkdtemp, rm } from 'node:fs/promises';
 * import { tmpdir } from 'node:os';
 * import { join } from 'node:path';
 * import { flock } from '@podlan/linux';
 *
 * const folder = await mkdtemp(join(tmpdir(), 'flock-'));
 * const lock = await flock(join(folder, 'lock'));
 * await flock(join(folder, 'lock'), { timeoutMs: 0 }).catch(({ errno }) => errno); // => 'EAGAIN'
 * lock.release();
 * (await flock(join(folder, 'lock'))).release();
 * await rm(folder, { recursive: true });
 * ```
 */
export async function flock(
  path: string,
  { timeoutMs = 30_000, signal }: { readonly timeoutMs?: number; readonly signal?: AbortSignal } = {},
): Promise<FileLock> {
  const fd = openSync(path, 'a', 0o600);
  try {
    await lock(fd, path, performance.now() + timeoutMs, signal);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  let held = true;
  return {
    release: () => {
      if (held) closeSync(fd);
      held = false;
    },
  };
}

/** Asking again and again leaves the thread free, which a waiting flock would not. */
async function lock(fd: number, path: string, deadlineMs: number, signal?: AbortSignal): Promise<void> {
  while (flockCall(fd, LOCK_EX | LOCK_NB) < 0) {
    const number = errno();
    const busy = number === ERRNO.EAGAIN || number === ERRNO.EINTR;
    if (!busy || performance.now() >= deadlineMs) {
      throw callError('flock', [path], { EAGAIN: HELD, EINTR: HELD }, number);
    }
    await delay(RETRY_MS, undefined, signal && { signal });
  }
}
