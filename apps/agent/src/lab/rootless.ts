/**
 * A lab without root: a holder process keeps a user, a mount and a network namespace alive, and every lab command runs
 * itself again inside them, where it is root. /run is a fresh tmpfs there, so `ip netns` can write to it, and the lab's
 * state directory is seen at its usual place.
 */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { makePrivateDirectory, runtimeDirectory } from '../paths.js';
import { UsageError } from '../usage-error.js';
import { labDirectory } from './lab-state.js';

const HOLDER_SCRIPT = `set -e
mount --bind "$PODLAN_RUNTIME_DIR" /mnt
mount -t tmpfs -o mode=0755 tmpfs /run
mkdir -p "$PODLAN_RUNTIME_DIR" /run/netns
mount --bind /mnt "$PODLAN_RUNTIME_DIR"
umount /mnt
ip link set dev lo up
echo ready
exec sleep infinity`;

/** Ends every error of a machine that lacks what a lab is made of. */
export const WITHOUT_NAMESPACES = 'The same story without namespaces, simulated: podlan lab demo --simulate';

/** Who enters a mount namespace is at its root. */
const STARTED_IN = 'PODLAN_STARTED_IN';

/** A path that was given on the command line, inside the lab's namespaces and outside. */
export const givenPath = (path: string): string => resolve(process.env[STARTED_IN] ?? '', path);

/** True when this process can make namespaces itself; throws where the system has none. */
export function isRoot(): boolean {
  if (process.platform !== 'linux')
    throw new UsageError(`a lab needs Linux, this is ${process.platform}. ${WITHOUT_NAMESPACES}`);
  return process.getuid?.() === 0;
}

const holderFile = (lab: string) => `${labDirectory(lab)}.holder`;

/** Runs this same command line inside the lab's namespaces; returns its exit code. */
export async function runInHolder(lab: string, keep: boolean): Promise<number> {
  const directory = runtimeDirectory();
  makePrivateDirectory(directory);
  const pid = readHolder(lab) ?? (await startHolder(lab, directory));
  const { status, error } = spawnSync(
    'nsenter',
    [
      '--user',
      '--mount',
      '--net',
      '--preserve-credentials',
      `--target=${pid}`,
      '--',
      process.execPath,
      ...process.argv.slice(1),
    ],
    { stdio: 'inherit', env: { ...process.env, PODLAN_RUNTIME_DIR: directory, [STARTED_IN]: process.cwd() } },
  );
  if (error)
    throw new UsageError(`nsenter (util-linux) could not be run: ${error.message}`, { cause: error });
  // A holder without a lab would stay for ever; one with a lab stays also when another's demo ends.
  if (!keep || !existsSync(join(labDirectory(lab), 'lab.json'))) endHolder(lab, pid);
  return status ?? 1;
}

function readHolder(lab: string): number | undefined {
  try {
    const [pid, startTime] = readFileSync(holderFile(lab), 'utf8').split(' ');
    return startTime === processStartTime(Number(pid)) ? Number(pid) : undefined;
  } catch {
    return undefined;
  }
}

/** Field 22 of /proc/PID/stat (proc(5)): with it a process number that was given away again is not mistaken. */
function processStartTime(pid: number): string | undefined {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19];
}

async function startHolder(lab: string, directory: string): Promise<number> {
  const child = spawn(
    'unshare',
    ['--user', '--map-root-user', '--mount', '--net', '--', 'sh', '-c', HOLDER_SCRIPT],
    {
      stdio: ['ignore', 'pipe', 'pipe'],
      detached: true,
      env: { ...process.env, PODLAN_RUNTIME_DIR: directory },
    },
  );
  let said = '';
  const ready = await new Promise<boolean>((resolve) => {
    child.stdout.on('data', (text) => resolve(String(text).includes('ready')));
    child.stderr.on('data', (text) => {
      said += text;
    });
    child.once('error', () => resolve(false));
    child.once('exit', () => resolve(false));
  });
  if (!ready || child.pid === undefined) throw noNamespaces(said);
  child.stdout.destroy();
  child.stderr.destroy();
  child.unref();
  writeFileSync(holderFile(lab), `${child.pid} ${processStartTime(child.pid)}`, { mode: 0o600 });
  return child.pid;
}

function endHolder(lab: string, pid: number): void {
  process.kill(pid, 'SIGKILL');
  rmSync(holderFile(lab), { force: true });
}

function noNamespaces(said: string): UsageError {
  return new UsageError(
    `this machine gives users no namespaces of their own (${said.trim() || 'unshare failed'}): run as root, or allow them ` +
      '(sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0). ' +
      WITHOUT_NAMESPACES,
  );
}
