import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { flock } from '../src/flock.js';

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'podlan-flock-'));
});
afterAll(() => rm(directory, { recursive: true }));

test('a lock is waited for, and had when it is released', async () => {
  const path = join(directory, 'lock');
  const first = await flock(path);
  let got = false;
  const second = flock(path).then((lock) => {
    got = true;
    return lock;
  });
  await new Promise((resolve) => setTimeout(resolve, 100));
  expect(got).toBe(false);
  first.release();
  first.release();
  (await second).release();
});

test('a lock that is never released is given up', async () => {
  const path = join(directory, 'busy');
  const lock = await flock(path);
  await expect(flock(path, { timeoutMs: 60 })).rejects.toMatchObject({ name: 'LinuxError', errno: 'EAGAIN' });
  lock.release();
});
