/** Named network namespaces, as `ip netns` keeps them, and running programs in one. */
import { access, readdir } from 'node:fs/promises';
import { errnoOf, LinuxError } from './linux-error.js';
import { type Finished, missingTool, type Run, run } from './run.js';

const NETNS_DIRECTORY = '/var/run/netns';
const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,99}$/;
const PATH = /^\/[a-zA-Z0-9_./-]+$/;

/**
 * The file a namespace is known by. A path, such as a container runtime hands over, is taken as it is. Throws TypeError
 * for what is neither.
 * @example
 * ```ts
 * import { netnsPath } from '@podlan/linux';
 *
 * netnsPath('pod-a1'); // => '/var/run/netns/pod-a1'
 * netnsPath('/proc/7/ns/net'); // => '/proc/7/ns/net'
 * ```
 */
export function netnsPath(netns: string): string {
  if (NAME.test(netns)) return `${NETNS_DIRECTORY}/${netns}`;
  if (PATH.test(netns)) return netns;
  throw new TypeError(`netns: expected a name or an absolute path, got ${JSON.stringify(netns)}`);
}

/**
 * The command line that runs `argv` in a namespace; without one, `argv` itself.
 * @example
 * ```ts
 * import { enterArgv } from '@podlan/linux';
 *
 * enterArgv('pod-a1', ['ip', 'route']);
 * // => ['nsenter', '--net=/var/run/netns/pod-a1', '--', 'ip', 'route']
 * enterArgv(undefined, ['ip', 'route']); // => ['ip', 'route']
 * ```
 */
export function enterArgv(netns: string | undefined, argv: readonly string[]): readonly string[] {
  return netns === undefined ? argv : ['nsenter', `--net=${netnsPath(netns)}`, '--', ...argv];
}

/**
 * Makes a namespace. One that exists already is left as it is. Throws TypeError for what is no name, and rejects with
 * LinuxError where the kernel refuses.
 * @example As root
 * ```ts
 * import { addNetns, runIn } from '@podlan/linux';
 *
 * await addNetns('pod-a1');
 * const { stdout } = await runIn('pod-a1', ['ip', '-brief', 'link']);
 * stdout.startsWith('lo'); // => true
 * ```
 */
export async function addNetns(name: string): Promise<void> {
  await ipNetns('add', name, 'File exists');
}

/**
 * Takes the name away; the namespace goes with its last process. One that is not there is no error.
 * @example As root
 * ```ts
 * import { addNetns, deleteNetns, netnsExists } from '@podlan/linux';
 *
 * await addNetns('pod-a1');
 * await deleteNetns('pod-a1');
 * await netnsExists('pod-a1'); // => false
 * ```
 */
export async function deleteNetns(name: string): Promise<void> {
  await ipNetns('delete', name, 'No such file or directory');
}

/**
 * The names of all namespaces that have one, sorted.
 * @example As root
 * ```ts
 * import { addNetns, listNetns } from '@podlan/linux';
 *
 * await addNetns('pod-b1');
 * await addNetns('pod-a1');
 * await listNetns(); // => ['pod-a1', 'pod-b1']
 * ```
 */
export async function listNetns(): Promise<string[]> {
  try {
    return (await readdir(NETNS_DIRECTORY)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/**
 * Whether a namespace of this name or path is there.
 * @example
 * ```ts
 * import { netnsExists } from '@podlan/linux';
 *
 * await netnsExists('/proc/self/ns/net'); // => true
 * await netnsExists('no-such-pod'); // => false
 * ```
 */
export async function netnsExists(netns: string): Promise<boolean> {
  return access(netnsPath(netns)).then(
    () => true,
    () => false,
  );
}

/**
 * Runs a program in a namespace (in this process's own where it is undefined), with `input` as its standard input.
 * Rejects with LinuxError where the namespace or the program is not there; an exit code other than 0 is an answer.
 * @example As root
 * ```ts
 * import { addNetns, runIn } from '@podlan/linux';
 *
 * await addNetns('pod-a1');
 * const { code, stderr } = await runIn('pod-a1', ['ip', '-batch', '-'], { input: 'link set eth0 up\n' });
 * code; // => 1
 * stderr.includes('Cannot find device "eth0"'); // => true
 * ```
 */
export async function runIn(
  netns: string | undefined,
  argv: readonly string[],
  { input = '', run: start = run }: { readonly input?: string; readonly run?: Run } = {},
): Promise<Finished> {
  const finished = await start(enterArgv(netns, argv), input);
  if (netns !== undefined && finished.stderr.startsWith('nsenter:')) throw cannotEnter(netns, argv, finished);
  return finished;
}

/** nsenter speaks for itself where it fails: the namespace is not there, or the program is not. */
function cannotEnter(netns: string, argv: readonly string[], { stderr }: Finished): LinuxError {
  const [op = '', ...args] = argv;
  if (stderr.includes('failed to execute')) {
    return new LinuxError({ op, errno: 'ENOENT', message: missingTool(op) });
  }
  return new LinuxError({
    op,
    args,
    errno: errnoOf(stderr),
    message: `in namespace ${netns}: ${stderr.trim()}`,
  });
}

async function ipNetns(verb: string, name: string, accepted: string): Promise<void> {
  if (!NAME.test(name)) throw new TypeError(`name: expected a namespace name, got ${JSON.stringify(name)}`);
  const { code, stderr } = await run(['ip', 'netns', verb, name]);
  if (code === 0 || stderr.includes(accepted)) return;
  throw new LinuxError({
    op: 'ip',
    args: ['netns', verb, name],
    errno: errnoOf(stderr),
    message: stderr.trim(),
  });
}
