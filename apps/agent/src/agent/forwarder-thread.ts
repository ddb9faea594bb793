/** The thread of one forwarder, and the rows that it has confirmed. */
import { Worker } from 'node:worker_threads';
import { createEventFd } from '@podlan/linux';
import type { ForwarderRow, Tunnel } from '@podlan/linux/model';
import type { Edges } from './inheritance.js';
import type { WorkerAnswer, WorkerInput, WorkerRequest } from './worker-messages.js';

type Request = WorkerRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

export class ForwarderThread {
  readonly tunnels = new Map<string, Tunnel>();
  readonly #wake = createEventFd();
  readonly #ended = createEventFd();
  readonly #worker: Worker;
  readonly #waiting = new Map<number, { resolve(answer: WorkerAnswer): void; reject(error: Error): void }>();
  #lastId = 0;
  #closed = false;
  #error: Error | undefined;
  readonly ended: Promise<void>;
  readonly #counted: (answer: WorkerAnswer) => void;
  readonly row: ForwarderRow;
  /** Known once it is open. */
  edges: Edges | undefined;

  constructor(
    row: ForwarderRow,
    inherited: Edges | undefined,
    held: boolean,
    flows: number,
    counted: (thread: ForwarderThread, answer: WorkerAnswer) => void,
  ) {
    this.row = row;
    this.#counted = (answer) => counted(this, answer);
    this.#worker = new Worker(new URL('./forwarder-worker.js', import.meta.url), {
      workerData: {
        row,
        wakeFd: this.#wake.fd,
        endedFd: this.#ended.fd,
        inherited,
        held,
        flows,
      } satisfies WorkerInput,
    });
    this.#worker.on('message', (answer: WorkerAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => {
      this.#error = error;
    });
    this.ended = new Promise<void>((resolve) => this.#worker.once('exit', () => resolve())).then(() =>
      this.#close(),
    );
  }

  get error(): Error | undefined {
    return this.#error;
  }

  async opened(): Promise<void> {
    const { device, socket } = (await this.#wait(0)).opened!;
    this.edges = { device, socket, ended: this.#ended.fd };
  }

  async ask(request: Request): Promise<WorkerAnswer> {
    const id = ++this.#lastId;
    const answered = this.#wait(id);
    this.#worker.postMessage({ ...request, id });
    this.#wake.wake();
    const answer = await answered;
    if (answer.error !== undefined) throw new Error(answer.error);
    return answer;
  }

  async set(tunnel: Tunnel): Promise<void> {
    await this.ask({ op: 'set', tunnel });
    this.tunnels.set(tunnel.prefix, tunnel);
  }

  async delete(tunnel: Tunnel): Promise<void> {
    await this.ask({ op: 'delete', tunnel });
    this.tunnels.delete(tunnel.prefix);
  }

  async stop(): Promise<void> {
    this.#worker.postMessage({ id: ++this.#lastId, op: 'stop' });
    this.#wake.wake();
    await this.ended;
  }

  #wait(id: number): Promise<WorkerAnswer> {
    if (this.#closed) return Promise.reject(this.#reason());
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }));
  }

  #settle(answer: WorkerAnswer): void {
    this.#counted(answer);
    this.#waiting.get(answer.id)?.resolve(answer);
    this.#waiting.delete(answer.id);
  }

  #reason(): Error {
    return this.#error ?? new Error(`the forwarder of ${this.row.dev} has stopped`);
  }

  #close(): void {
    this.#closed = true;
    for (const { reject } of this.#waiting.values()) reject(this.#reason());
    this.#waiting.clear();
    this.#wake.close();
    this.#ended.close();
  }
}
