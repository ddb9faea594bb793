/** Runs a program to its end and collects what it says. */
import { spawn } from 'node:child_process';
import { LinuxError } from './linux-error.js';

/** How a program ended: its exit code (128 where a signal ended it) and all it wrote. */
export interface Finished {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

/**
 * Starts a program, writes `input` to it, and waits for its end. Rejects only where the program could not be started;
 * an exit code other than 0 is an answer.
 */
export type Run = (argv: readonly string[], input?: string) => Promise<Finished>;

/** What to install for a tool that is not there. */
const PACKAGE_OF: Readonly<Record<string, string>> = {
  ip: 'iproute2',
  bridge: 'iproute2',
  nft: 'nftables',
  nsenter: 'util-linux',
};

/**
 * Runs a program of this machine, without a shell. Rejects with LinuxError that says what to install where it is
 * missing.
 * @example
 * ```ts
 * import { run } from '@podlan/linux';
 *
 * await run(['sh', '-c', 'echo hello; exit 3']); // => { code: 3, stdout: 'hello\n', stderr: '' }
 * await run(['tr', 'a-z', 'A-Z'], 'hello'); // => { code: 0, stdout: 'HELLO', stderr: '' }
 * ```
 */
export const run: Run = (argv, input = '') =>
  new Promise((resolve, reject) => {
    const [command = '', ...args] = argv;
    const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
    const stdout: Buffer[] = [];
    const stderr: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk));
    child.on('error', (cause: NodeJS.ErrnoException) => reject(cannotStart(command, cause)));
    child.on('close', (code) => {
      resolve({
        code: code ?? 128,
        stdout: String(Buffer.concat(stdout)),
        stderr: String(Buffer.concat(stderr)),
      });
    });
    // A program that fails at once closes its input; its exit code tells why.
    child.stdin.on('error', () => {});
    child.stdin.end(input);
  });

function cannotStart(command: string, cause: NodeJS.ErrnoException): LinuxError {
  const message = cause.code === 'ENOENT' ? missingTool(command) : `cannot be started: ${cause.message}`;
  return new LinuxError({ op: command, errno: cause.code, message, cause });
}

export function missingTool(command: string): string {
  const name = PACKAGE_OF[command];
  return name ? `not found: install the package ${name} (apt-get install ${name})` : 'not found';
}
