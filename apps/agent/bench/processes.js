/** Programs in the lab's namespaces. */
import { execFile, spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { promisify } from 'node:util';

const exec = promisify(execFile);

/** What the program printed; throws where it fails. */
export async function run(netns, ...argv) {
  const { stdout } = await exec('ip', ['netns', 'exec', netns, ...argv], { maxBuffer: 1 << 26 });
  return stdout;
}

/** A program that goes on: `line()` is the next line it prints, `hush()` ends its input. `ip netns exec` becomes it, so the pid is its own. */
export function start(netns, ...argv) {
  const child = spawn('ip', ['netns', 'exec', netns, ...argv], { stdio: ['pipe', 'pipe', 'inherit'] });
  // It may have ended before it was told to.
  child.stdin.on('error', () => {});
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => {
    const { done, value } = await lines.next();
    if (done) throw new Error(`${argv.join(' ')} in ${netns} ended without an answer`);
    return value;
  };
  return {
    pid: child.pid,
    line,
    say: (text) => child.stdin.write(text),
    hush: () => child.stdin.end(),
    end: () => child.kill(),
  };
}
