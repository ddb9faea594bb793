/** A thread enters a network namespace (setns(2)); it can't come back, so it is a worker's. */
import { callError } from './call-error.js';
import * as libc from './libc.js';

const CLONE_NEWNET = 0x40000000;

/** Throws LinuxError: `ENOENT`, `EPERM`. */
export function enterNetns(path: string): void {
  const fd = libc.open(path, libc.O_CLOEXEC, 0);
  if (fd < 0) throw callError('open', [path]);
  const result = libc.setns(fd, CLONE_NEWNET);
  if (result < 0) throw callError('setns', [path], { EPERM: 'needs CAP_SYS_ADMIN' });
  libc.close(fd);
}
