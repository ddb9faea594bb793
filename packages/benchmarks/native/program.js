/** A C program of this folder: compiled when its source is newer, and asked line by line, one answer to each question. */
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

const FOLDER = fileURLToPath(new URL('.', import.meta.url));
const BUILD = fileURLToPath(new URL('../build/', import.meta.url));

function isCurrent(program, sources) {
  return (
    existsSync(program) && sources.every((source) => statSync(source).mtimeMs < statSync(program).mtimeMs)
  );
}

/** Returns the program's path. `sources` are names in this folder; the first is compiled, the others it includes. */
export function compile([main, ...included], flags = []) {
  const program = join(BUILD, main.replace(/\.c$/, ''));
  const sources = [main, ...included].map((name) => join(FOLDER, name));
  if (isCurrent(program, sources)) return program;
  mkdirSync(BUILD, { recursive: true });
  const args = ['-O3', '-march=native', '-Wall', '-Wextra', '-o', program, sources[0], ...flags];
  const { status, stderr, error } = spawnSync('gcc', args, { encoding: 'utf8' });
  if (status !== 0) throw new Error(`gcc of ${main} failed: ${error?.message ?? stderr}`);
  return program;
}

export class NativeProgram {
  #child;
  #waiting = [];

  constructor(path, args = []) {
    this.#child = spawn(path, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#waiting.shift()?.resolve(line));
    this.#child.on('exit', (code) => {
      for (const { reject } of this.#waiting) reject(new Error(`${path} ended with exit code ${code}`));
    });
  }

  ask(question) {
    const answer = new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
    this.#child.stdin.write(`${question}\n`);
    return answer;
  }

  /** The answer is a number: nanoseconds, unless it says otherwise. */
  async number(question) {
    const answer = await this.ask(question);
    const number = Number(answer);
    if (answer === '' || Number.isNaN(number))
      throw new Error(`${question}: expected a number, got ${answer}`);
    return number;
  }

  /** A task of tinybench that takes as long as the program says, not as the question and the answer take. */
  timed(question) {
    return async () => ({ overriddenDuration: (await this.number(question())) / 1e6 });
  }

  close() {
    this.#child.stdin.end();
  }
}
