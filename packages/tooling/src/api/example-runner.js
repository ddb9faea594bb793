/**
 * Runs examples as modules in their package's folder, so that they import as a user would: all in one process, but each
 * that is entitled "As root" in one of its own, as root in new network and mount namespaces. One entitled "In a test
 * file" is run by vitest.
 */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { rootFile } from '../workspace.js';
import { runnable } from './example-code.js';

const HOST = fileURLToPath(new URL('./example-host.js', import.meta.url));
const TIMEOUT_MS = 20_000;
const VITEST = rootFile('node_modules/.bin/vitest');

/** An own /run, so that named network namespaces are the example's alone. */
const PREPARE = 'mount -t tmpfs tmpfs /run && ip link set lo up && exec "$@"';

const unshared = (argv) => {
  const asRoot = process.getuid() === 0 ? [] : ['--user', '--map-root-user'];
  return ['unshare', ...asRoot, '--net', '--mount', 'sh', '-c', PREPARE, 'sh', ...argv];
};

export class ExampleRunner {
  #folder;
  /** Of the runnable files: inside the package, for it to be found under its own name. */
  #files;
  #host;
  #count = 0;

  constructor(folder) {
    this.#folder = folder;
    mkdirSync(join(folder, 'generated'), { recursive: true });
    this.#files = mkdtempSync(join(folder, 'generated/examples-'));
  }

  /** Resolves to one line per fault, none where the example does as it says. */
  async faultsOf(example) {
    if (/^in a test file\b/i.test(example.title)) return this.#testFile(example);
    const { code, promises } = runnable(example.code);
    const file = this.#write(`${this.#count++}.mjs`, code);
    const isAlone = /^as root\b/i.test(example.title);
    const host = isAlone ? this.#start(unshared) : this.#sharedHost();
    const outcome = await this.#ask(host, file);
    if (isAlone || outcome.error) this.#end(host);
    return faultsIn(outcome, promises, example.line);
  }

  close() {
    if (this.#host) this.#end(this.#host);
    rmSync(this.#files, { recursive: true, force: true });
  }

  #write(name, code) {
    const file = join(this.#files, name);
    writeFileSync(file, code);
    return file;
  }

  #sharedHost() {
    this.#host ??= this.#start((argv) => argv);
    return this.#host;
  }

  #start(wrap) {
    const [command, ...args] = wrap([process.execPath, HOST]);
    const child = spawn(command, args, { cwd: this.#folder, stdio: ['ignore', 'pipe', 'pipe', 'ipc'] });
    const host = { child, output: '' };
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (host.output += chunk));
    return host;
  }

  #end(host) {
    host.child.kill('SIGKILL');
    if (host === this.#host) this.#host = undefined;
  }

  /** A host that dies, or does not answer, is an answer too. */
  #ask(host, file) {
    return new Promise((resolve) => {
      const settle = (outcome) => {
        clearTimeout(timer);
        host.child.removeAllListeners();
        resolve(outcome);
      };
      const failed = (error) => settle({ kept: [], broken: [], error: `${error}\n${host.output}` });
      const timer = setTimeout(() => failed(`was not done after ${TIMEOUT_MS} ms`), TIMEOUT_MS);
      host.child.on('message', settle);
      host.child.on('error', failed);
      host.child.on('exit', (code, signal) => failed(`ended with ${code ?? signal}`));
      host.child.send(pathToFileURL(file).href);
    });
  }

  /** Where the one configuration of vitest, which is the package's too, looks for it. */
  async #testFile({ code }) {
    const folder = mkdtempSync(join(this.#files, 'package-'));
    mkdirSync(join(folder, 'test'));
    writeFileSync(join(folder, 'test/example.test.ts'), code);
    const child = spawn(VITEST, ['run', '--root', folder], { stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (output += chunk));
    const [exit] = await once(child, 'close');
    return exit === 0 ? [] : [output];
  }
}

function faultsIn({ kept, broken, error }, promises, firstLine) {
  if (error) return [error];
  const place = (index) => `line ${firstLine + promises[index].line}: ${promises[index].text}`;
  const reached = new Set(kept);
  return [
    ...broken.map(
      ({ index, actual }) => `${place(index)}\n  // => ${promises[index].literal}\n  is ${actual}`,
    ),
    ...promises.flatMap((_, index) => (reached.has(index) ? [] : [`${place(index)}\n  was never reached`])),
  ];
}
