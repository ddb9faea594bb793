/**
 * Installs without starting what is installed: Debian's packages of servers start them at once, and some would take the
 * ports that tests use. invoke-rc.d and deb-systemd-invoke ask this file first; 101 is "forbidden" (invoke-rc.d(8)).
 */
import { existsSync, rmSync, writeFileSync } from 'node:fs';

const POLICY = '/usr/sbin/policy-rc.d';
const FORBID = '#!/bin/sh\nexit 101\n';

/** Where there is a policy already, it stays as it is. */
export function withoutServices(install, policy = POLICY) {
  if (existsSync(policy)) return install();
  writeFileSync(policy, FORBID, { mode: 0o755 });
  try {
    return install();
  } finally {
    rmSync(policy, { force: true });
  }
}
