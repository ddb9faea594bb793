/**
 * A C compiler and DPDK's libraries, which only these benches want: installed by apt where they are missing and it may
 * be done, and an error that names them where it may not.
 */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const runs = (program, args) => spawnSync(program, args, { stdio: 'ignore' }).status === 0;

const PACKAGES = {
  gcc: () => runs('gcc', ['--version']),
  'libc6-dev': () => existsSync('/usr/include/stdio.h'),
  'libdpdk-dev': () => runs('pkg-config', ['--exists', 'libdpdk']),
  'pkg-config': () => runs('pkg-config', ['--version']),
};

function aptGet(...args) {
  console.log(`podlan: apt-get ${args.join(' ')}`);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive' };
  spawnSync('apt-get', args, { env, stdio: ['ignore', 'inherit', 'inherit'] });
}

const missingOf = (names) => names.filter((name) => !PACKAGES[name]());

function provide(names) {
  const missing = missingOf(names);
  if (missing.length === 0) return;
  if (process.getuid() === 0 && runs('apt-get', ['--version'])) {
    aptGet('update', '-qq');
    aptGet('install', '-y', '-qq', '--no-install-recommends', ...missing);
  }
  const left = missingOf(names);
  if (left.length > 0)
    throw new Error(`expected these Debian packages, and could not install them: ${left.join(' ')}`);
}

export function provideCompiler() {
  provide(['gcc', 'libc6-dev']);
}

export function provideDpdk() {
  provide(['gcc', 'libc6-dev', 'pkg-config', 'libdpdk-dev']);
}
