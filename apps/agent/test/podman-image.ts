/** The image of deploy/Containerfile, made by podman from a base that is this machine's own programs. */
import { execFileSync } from 'node:child_process';
import {
  copyFileSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { findProgram } from '@podlan/tooling/system-programs';
import { DEPLOY } from './manifest.js';
import { type Output, run } from './test-lab.js';

const REPOSITORY = fileURLToPath(new URL('../../..', import.meta.url));
/** What dpkg calls and podlan calls; `getent`, for the package looks for its user. */
const PROGRAMS = [
  ...['sh', 'dpkg', 'dpkg-deb', 'dpkg-split', 'tar', 'rm', 'diff', 'ldconfig', 'start-stop-daemon', 'getent'],
  ...['ip', 'bridge', 'tc', 'nft', 'iptables-save', 'grep'],
];
/** What the package depends on. */
const INSTALLED = ['iproute2', 'nftables', 'libc6', 'libgcc-s1', 'libstdc++6'];
const LIMITS = ['--ulimit', 'nofile=1024:1024', '--ulimit', 'nproc=1000:1000'];

export class PodmanImage {
  readonly folder = mkdtempSync(join(tmpdir(), 'podlan-image-'));
  readonly #argv = [
    ...['--root', join(this.folder, 'root'), '--runroot', join(this.folder, 'runroot')],
    ...['--tmpdir', join(this.folder, 'tmp'), '--cgroup-manager=cgroupfs', '--runtime', 'runc'],
  ];

  /** With the network of the caller's namespace, which needs to lead nowhere. */
  async build(): Promise<void> {
    await this.#importBase();
    const context = join(this.folder, 'context');
    const script = (path: string, ...args: string[]) =>
      execFileSync(process.execPath, [join(REPOSITORY, path), ...args], { encoding: 'utf8', stdio: 'pipe' });
    script('apps/agent/packaging/deb.js', '--quick', context);
    copyFileSync(script('apps/cni-plugin/executable.js').trim(), join(context, 'podlan-cni'));
    await this.podman(
      ...['build', '--network', 'host', '--isolation', 'chroot', ...LIMITS, '--tag', 'podlan'],
      ...[
        '--build-arg',
        'BASE=localhost/base',
        '--build-arg',
        'TOOLS=',
        '--file',
        join(DEPLOY, 'Containerfile'),
      ],
      context,
    );
  }

  /** Throws where podman fails. */
  async podman(...args: string[]): Promise<string> {
    const { code, stdout, stderr } = await run('podman', ...this.#argv, ...args);
    if (code !== 0) throw new Error(`podman ${args.join(' ')}: exit ${code}: ${stderr}`);
    return stdout.trim();
  }

  /** A container of the image that goes when it ends. Never rejects. */
  run(flags: readonly string[], command: readonly string[]): Promise<Output> {
    return run('podman', ...this.#argv, 'run', '--rm', ...LIMITS, ...flags, 'podlan', ...command);
  }

  async dispose(): Promise<void> {
    await run('podman', ...this.#argv, 'rm', '--all', '--force', '--time', '0');
    await run('umount', join(this.folder, 'root', 'overlay'));
    rmSync(this.folder, { recursive: true, force: true });
  }

  async #importBase(): Promise<void> {
    const root = join(this.folder, 'base');
    makeRoot(root);
    const archive = join(this.folder, 'base.tar');
    execFileSync('tar', ['-cf', archive, '-C', root, '.']);
    await this.podman('import', archive, 'localhost/base');
  }
}

function makeRoot(root: string): void {
  for (const name of ['usr/bin', 'usr/lib', 'etc', 'proc', 'sys', 'dev', 'tmp', 'run', 'var/lib/dpkg/info'])
    mkdirSync(join(root, name), { recursive: true });
  for (const name of ['updates', 'triggers', 'alternatives', 'parts'])
    mkdirSync(join(root, 'var/lib/dpkg', name));
  for (const name of ['bin', 'sbin', 'lib', 'lib64']) symlinkSync(`usr/${name}`, join(root, name));
  symlinkSync('bin', join(root, 'usr/sbin'));
  symlinkSync('lib', join(root, 'usr/lib64'));
  for (const program of PROGRAMS) copyProgram(root, program);
  // The package's user is there: what makes one is not in this base.
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0::/:/bin/sh\npodlan:x:999:999::/:/bin/sh\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\npodlan:x:999:\n');
  const architecture = execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim();
  const entry = (name: string) =>
    `Package: ${name}\nStatus: install ok installed\nVersion: 99\nArchitecture: ${architecture}\n` +
    'Maintainer: nobody\nDescription: of this base\n';
  writeFileSync(join(root, 'var/lib/dpkg/status'), INSTALLED.map(entry).join('\n'));
}

function copyProgram(root: string, name: string): void {
  const program = findProgram(name)!;
  copyFileSync(realpathSync(program), join(root, 'usr/bin', basename(program)));
  for (const library of [...librariesOf(program), ...librariesOf(process.execPath)]) {
    // A library's folder is as in the name by which it is asked for: /lib/ARCH and /usr/lib/ARCH are one.
    const target = join(root, library.replace(/^\/(usr\/)?lib(64)?\//, '/usr/lib/'));
    mkdirSync(dirname(target), { recursive: true });
    copyFileSync(realpathSync(library), target);
  }
}

function librariesOf(program: string): string[] {
  const { stdout } = { stdout: execFileSync('sh', ['-c', `ldd '${program}' || true`], { encoding: 'utf8' }) };
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path]) => path!);
}
