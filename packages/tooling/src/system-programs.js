/** The programs the tests and benches run, and the Debian packages they come from. */
import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import { join } from 'node:path';
import { withoutServices } from './without-services.js';

const PACKAGE_OF = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nft: 'nftables',
  'iptables-nft': 'iptables',
  tshark: 'tshark',
  iperf3: 'iperf3',
  ping: 'iputils-ping',
  unshare: 'util-linux',
  nsenter: 'util-linux',
  setpriv: 'util-linux',
  'systemd-analyze': 'systemd',
  zsh: 'zsh',
  fish: 'fish',
  ps: 'procps',
  chromium: 'chromium',
  etcd: 'etcd-server',
  prometheus: 'prometheus',
  promtool: 'prometheus',
  openssl: 'openssl',
  flock: 'util-linux',
  portmap: 'containernetworking-plugins',
  podman: 'podman',
  runc: 'runc',
  catatonit: 'catatonit',
  busybox: 'busybox-static',
};

/** What does as well: Ubuntu has Chromium only as a snap. */
const ALSO_CALLED = { chromium: ['google-chrome', 'chromium-browser'] };

/** A user's PATH often lacks the sbin folders that `ip` and `nft` lie in; CNI plugins lie in none. */
const MORE_FOLDERS = ['/usr/sbin', '/sbin', '/usr/local/sbin', '/usr/lib/cni', '/opt/cni/bin'];

function runnable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

export function findProgram(name, path = process.env.PATH ?? '') {
  const folders = [...path.split(':').filter(Boolean), ...MORE_FOLDERS];
  const names = [name, ...(ALSO_CALLED[name] ?? [])];
  return names.flatMap((called) => folders.map((folder) => join(folder, called))).find(runnable);
}

/** Missing programs by package: `{ iproute2: ['ip', 'bridge'] }`. */
export function missingPrograms(find = findProgram) {
  const missing = {};
  for (const [program, name] of Object.entries(PACKAGE_OF)) {
    if (find(program)) continue;
    missing[name] ??= [];
    missing[name].push(program);
  }
  return missing;
}

export function describeMissing(missing) {
  const lines = Object.entries(missing).map(([name, programs]) => `  ${name}  (${programs.join(', ')})`);
  return [
    'these programs are needed and not here (Debian package, then what is missing of it):',
    ...lines,
    `On Debian or Ubuntu: sudo apt-get install ${Object.keys(missing).join(' ')}`,
  ].join('\n');
}

function aptGet(...args) {
  console.log(`podlan: apt-get ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  return spawnSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] }).status === 0;
}

/** Installs what is missing where it may; returns a message when something still is. */
export function provideSystemPrograms() {
  const missing = missingPrograms();
  const packages = Object.keys(missing);
  if (packages.length === 0) return undefined;
  if (process.getuid?.() !== 0 || !findProgram('apt-get')) return describeMissing(missing);

  // A stale list may still hold the packages, so a failed update is not yet a failure.
  aptGet('update', '-qq');
  // One by one: apt installs none of them when it knows not all.
  withoutServices(() => {
    for (const name of packages) aptGet('install', '-y', '-qq', '--no-install-recommends', name);
  });
  const left = missingPrograms();
  return Object.keys(left).length === 0 ? undefined : describeMissing(left);
}
