/** The processes at the ends of a connectivity test that answer, and that talk when told to. */
import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { enterArgv } from '@podlan/linux';
import type { Listening, TalkAnswer, TalkOrder } from '../traffic/talk.js';
import { UsageError } from '../usage-error.js';
import type { End } from './end.js';

const TRAFFIC = fileURLToPath(new URL('../traffic/main.js', import.meta.url));

/** The kernel chooses. */
const ANY_PORT = 0;

type Said = TalkAnswer | { readonly listening: readonly Listening[] } | { readonly error: string };

export class Talkers implements AsyncDisposable {
  readonly #talkers = new Map<string, Talker>();

  private constructor() {}

  /**
   * One at each end that is to be a talker, listening at this port; without one at those that its kernel gives it. Throws
   * UsageError where one cannot listen.
   */
  static async start(ends: readonly End[], port?: number): Promise<Talkers> {
    const talkers = new Talkers();
    try {
      await Promise.all(ends.filter(({ isTalker }) => isTalker).map((end) => talkers.#start(end, port)));
      return talkers;
    } catch (error) {
      await talkers[Symbol.asyncDispose]();
      throw error;
    }
  }

  async #start(end: End, port: number | undefined): Promise<void> {
    const talker = new Talker(end, port);
    this.#talkers.set(end.name, talker);
    await talker.ready;
  }

  /** As whom the other end saw this one. Rejects with why it did not. */
  async talk(from: End, to: End, order: Omit<TalkOrder, 'id' | 'port'>): Promise<string> {
    const port = this.#talkers.get(to.name)!.portOf(order);
    const { source, reason } = await this.#talkers.get(from.name)!.ask({ ...order, port });
    if (source === undefined) throw new Error(reason);
    return source;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all([...this.#talkers.values()].map((talker) => talker.end()));
  }
}

class Talker {
  readonly ready: Promise<void>;
  readonly #child: ChildProcessByStdio<Writable, Readable, null>;
  readonly #waiting = new Map<number, (answer: TalkAnswer) => void>();
  #listening: readonly Listening[] = [];
  #lastId = 0;

  constructor({ name, netns, addresses }: End, port: number | undefined) {
    const argv = [process.execPath, TRAFFIC, 'talk', `${port ?? ANY_PORT}`, ...addresses];
    const [program, ...args] = enterArgv(netns, argv);
    this.#child = spawn(program!, args, { stdio: ['pipe', 'pipe', 'inherit'] });
    this.#child.stdin.on('error', () => {});
    this.ready = new Promise((resolve, reject) => {
      const failed = (why: string) => reject(new UsageError(cannotListen(name, port, why)));
      createInterface(this.#child.stdout).on('line', (line) => {
        const said = JSON.parse(line) as Said;
        if ('listening' in said) {
          this.#listening = said.listening;
          resolve();
        } else if ('error' in said) failed(said.error);
        else this.#settle(said);
      });
      this.#child.once('error', reject);
      this.#child.once('exit', () => {
        failed('the process that listens there has ended');
        for (const id of this.#waiting.keys())
          this.#settle({ id, reason: `the process in ${name} has ended` });
      });
    });
  }

  /** Where it answers what is sent to one of its addresses. */
  portOf({ protocol, to }: Pick<TalkOrder, 'protocol' | 'to'>): number {
    return this.#listening.find((one) => one.protocol === protocol && one.address === to)!.port;
  }

  ask(order: Omit<TalkOrder, 'id'>): Promise<TalkAnswer> {
    const id = ++this.#lastId;
    if (this.#child.exitCode !== null || this.#child.signalCode !== null)
      return Promise.resolve({ id, reason: 'the process that talks has ended' });
    this.#child.stdin.write(`${JSON.stringify({ ...order, id })}\n`);
    return new Promise((resolve) => this.#waiting.set(id, resolve));
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return;
    this.#child.kill('SIGKILL');
    await once(this.#child, 'exit');
  }

  #settle(answer: TalkAnswer): void {
    this.#waiting.get(answer.id)?.(answer);
    this.#waiting.delete(answer.id);
  }
}

const cannotListen = (name: string, port: number | undefined, why: string): string =>
  port === undefined
    ? `expected a process that listens on ${name}, found: ${why}`
    : `expected port ${port} to be free on ${name}, found: ${why}; choose another with --port`;
