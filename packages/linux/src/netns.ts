/** Named network namespaces, as `ip netns` keeps them, and running programs in one. */
import { access, readdir } from 'node:fs/promises';
import { errnoOf, LinuxError } from './linux-error.js';
import { type Finished, missingTool, type Run, run } from './run.js';

const NETNS_DIRECTORY = '/var/run/netns';
const NAME = /^[a-zA-Z0-9_][a-zA-Z0-9_.-]{0,99}$/;
const PATH = /^\/[a-zA-Z0-9_./-]+$/;

/** The file a namespace is known by. A path, such as a container runtime hands over, is taken as it is. */
export function netnsPath(netns: string): string {
  if (NAME.test(netns)) return `${NETNS_DIRECTORY}/${netns}`;
  if (PATH.test(netns)) return netns;
  throw new TypeError(`netns: expected a name or an absolute path, got ${JSON.stringify(netns)}`);
}

/** The command line that runs `argv` in a namespace; without one, `argv` itself. */
export function enterArgv(netns: string | undefined, argv: readonly string[]): readonly string[] {
  return netns === undefined ? argv : ['nsenter', `--net=${netnsPath(netns)}`, '--', ...argv];
}

/** Makes a namespace. One that exists already is left as it is. */
export async function addNetns(name: string): Promise<void> {
  await ipNetns('add', name, 'File exists');
}

/** Takes the name away; the namespace goes with its last process. One that is not there is no error. */
export async function deleteNetns(name: string): Promise<void> {
  await ipNetns('delete', name, 'No such file or directory');
}

export async function listNetns(): Promise<string[]> {
  try {
    return (await readdir(NETNS_DIRECTORY)).sort();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

export async function netnsExists(netns: string): Promise<boolean> {
  return access(netnsPath(netns)).then(
    () => true,
    () => false,
  );
}

/** Runs a program in a namespace (in this process's own where it is undefined). */
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
