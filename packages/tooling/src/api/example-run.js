/**
 * Runs an example as a module of its own in a process of its own, in its package's folder, so that it imports as a user
 * would. One that is entitled "As root" runs as root in new network and mount namespaces, with a /run of its own.
 */
import { spawn } from 'node:child_process';
import { runnable } from './example-code.js';

const REPORT_URL = new URL('./example-report.js', import.meta.url).href;
const TIMEOUT_MS = 20_000;

const OWN_NAMESPACES = ['--net', '--mount'];
/** An own /run, so that named network namespaces are the example's alone. */
const PREPARE = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"';

export const needsRoot = ({ title }) => /^as root\b/i.test(title);

function commandFor(example, code) {
  const node = [process.execPath, '--input-type=module', '--eval', code];
  if (!needsRoot(example)) return node;
  const asRoot = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...asRoot, ...OWN_NAMESPACES, 'sh', '-c', PREPARE, 'sh', ...node];
}

/** Resolves to what is wrong with it: one line per fault, none where it does as it says. */
export async function faultsOfRun(example, folder) {
  const { code, promises } = runnable(example.code, REPORT_URL);
  const { report, output, exit } = await runToEnd(commandFor(example, code), folder);
  const place = (index) => `line ${example.line + promises[index].line}: ${promises[index].text}`;
  if (exit !== 0 || report === '') return [`ended with ${exit}\n${output}`];
  const { kept, broken } = JSON.parse(report);
  const reached = new Set(kept);
  return [
    ...broken.map(
      ({ index, actual }) => `${place(index)}\n  // => ${promises[index].literal}\n  is ${actual}`,
    ),
    ...promises.flatMap((_, index) => (reached.has(index) ? [] : [`${place(index)}\n  was never reached`])),
  ];
}

function runToEnd([command, ...args], cwd) {
  return new Promise((resolve, reject) => {
    const stdio = ['ignore', 'pipe', 'pipe', 'pipe'];
    const child = spawn(command, args, { cwd, stdio, timeout: TIMEOUT_MS, killSignal: 'SIGKILL' });
    const [, stdout, stderr, report] = child.stdio.map((stream) => stream && collect(stream));
    child.on('error', reject);
    child.on('close', (code, signal) =>
      resolve({ exit: code ?? signal, output: stdout() + stderr(), report: report() }),
    );
  });
}

function collect(stream) {
  const chunks = [];
  stream.on('data', (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks).toString();
}
