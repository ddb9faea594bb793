/**
 * The forwarders of this host as a `Kernel` that holds forwarder and tunnel rows: one worker thread a device.
 * A worker that ends takes its rows along, so the node loop sees them missing and puts them back.
 */
import { EventEmitter, on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import { Worker } from 'node:worker_threads';
import type { FlowCounters, ForwarderCounters } from '@podlan/dataplane';
import { createEventFd } from '@podlan/linux';
import type { Change, Failure, ForwarderRow, Kernel, Row, Scope, Table, Tunnel } from '@podlan/linux/model';
import { ForwarderTotals } from '../metrics/forwarder-totals.js';
import type { Edges, Inheritance } from './inheritance.js';

export type WorkerRequest =
  | { readonly id: number; readonly op: 'set' | 'delete'; readonly tunnel: Tunnel }
  | { readonly id: number; readonly op: 'counters' }
  | { readonly id: number; readonly op: 'flows'; readonly idleSinceMs: number }
  /** To a worker that is held: carry packets from now on. */
  | { readonly id: number; readonly op: 'start' }
  | { readonly id: number; readonly op: 'stop' };
/** Flows as the module's records: they are read where no packet waits for it. */
export interface FlowRecords {
  readonly live: Uint8Array;
  readonly ended: Uint8Array;
  readonly counters: FlowCounters;
}

/** To nobody: counters and flows at the end. */
export const LAST_ANSWER = -1;

/** `id` 0 says that device and socket are open. */
export interface WorkerAnswer {
  readonly id: number;
  readonly error?: string;
  readonly counters?: ForwarderCounters;
  readonly flows?: FlowRecords;
  readonly opened?: Pick<Edges, 'device' | 'socket'>;
}
/** What a worker is made with. */
export interface WorkerInput {
  readonly row: ForwarderRow;
  readonly wakeFd: number;
  /** To be woken when it carries nothing any more. */
  readonly endedFd: number;
  /** Device and socket that a predecessor had open, the worker's to close. */
  readonly inherited: Edges | undefined;
  /** Carry no packets until told to start. */
  readonly held: boolean;
  /** How many flows to keep. */
  readonly flows: number;
}

type Request = WorkerRequest extends infer R ? (R extends unknown ? Omit<R, 'id'> : never) : never;

/** One worker and the rows it has confirmed. */
class ForwarderThread {
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

export class WorkerForwarder implements Kernel {
  readonly #threads = new Map<string, ForwarderThread>();
  /** Those still opening their device and socket, too. */
  readonly #alive = new Set<ForwarderThread>();
  /** `ended`: a forwarder stopped without being asked to. */
  readonly #events = new EventEmitter();
  readonly #onEnd: (dev: string, error: Error | undefined) => void;
  #inheritance: Inheritance | undefined;
  readonly #totals = new ForwarderTotals();
  /** As last told, also of forwarders that have ended. */
  readonly #counters = new Map<string, ForwarderCounters>();

  /** Hears of all flows, whenever forwarders are asked for them and, for the last time, when one ends. */
  onFlows: (row: ForwarderRow, records: FlowRecords, isLast: boolean) => void = () => {};
  readonly #keptFlows: number;

  /** `onEnd` hears of a forwarder that stopped without being asked to. */
  constructor(onEnd: (dev: string, error: Error | undefined) => void, flows = 0) {
    this.#onEnd = onEnd;
    this.#keptFlows = flows;
  }

  async snapshot({ devices }: Scope): Promise<Row[]> {
    return this.rows().filter(({ dev }) => devices.includes(dev));
  }

  /** Of every device. */
  rows(): (ForwarderRow | Tunnel)[] {
    return [...this.#threads.values()].flatMap((thread) => [thread.row, ...thread.tunnels.values()]);
  }

  async apply(changes: readonly Change[]): Promise<Failure[]> {
    const failures: Failure[] = [];
    for (const change of changes) {
      try {
        await this.#applyOne(change);
      } catch (error) {
        failures.push({ change, error: error as Error });
      }
    }
    return failures;
  }

  async *watch(signal: AbortSignal): AsyncIterable<Table> {
    try {
      for await (const _ of on(this.#events, 'ended', { signal })) yield 'forwarder';
    } catch (error) {
      if (!signal.aborted) throw error;
    }
  }

  /** Of each device that has a forwarder, its own and its predecessors' together: they never go back. */
  async counters(): Promise<Record<string, ForwarderCounters>> {
    const asked = [...this.#threads].map(async ([dev, thread]) => {
      await thread.ask({ op: 'counters' });
      return [dev, this.#counters.get(dev)!] as const;
    });
    return Object.fromEntries(await Promise.all(asked));
  }

  /**
   * The same, of devices that had one, too. A worker that does not answer within `waitMs` is waited for no longer: its
   * counters are those it told last.
   */
  async countersWithin(waitMs: number): Promise<ReadonlyMap<string, ForwarderCounters>> {
    await Promise.race([this.counters().catch(() => {}), sleep(waitMs, undefined, { ref: false })]);
    return this.#withoutLostEndpoints();
  }

  #withoutLostEndpoints(): ReadonlyMap<string, ForwarderCounters> {
    const entries = [...this.#counters].map(
      ([dev, counters]) => [dev, this.#threads.has(dev) ? counters : { ...counters, endpoints: [] }] as const,
    );
    return new Map(entries);
  }

  /** Resolves when `onFlows` has heard of each device's flows; those last seen before `idleSinceMs` end. */
  async askFlows(idleSinceMs: number): Promise<void> {
    await Promise.all([...this.#threads.values()].map((thread) => thread.ask({ op: 'flows', idleSinceMs })));
  }

  #heard(thread: ForwarderThread, { id, counters, flows }: WorkerAnswer): void {
    const { row } = thread;
    if (counters) this.#counters.set(row.dev, this.#totals.take(row.dev, thread, counters));
    if (flows) this.onFlows(row, flows, id === LAST_ANSWER);
  }

  /** The open devices and sockets, for a successor. */
  edges(): Record<string, Edges> {
    const open = [...this.#threads].flatMap(([dev, { edges }]) => (edges ? [[dev, edges] as const] : []));
    return Object.fromEntries(open);
  }

  /** From now until `start`, forwarders take devices and sockets from there, are filled, and carry no packets. */
  hold(inheritance: Inheritance): void {
    this.#inheritance = inheritance;
  }

  /** Resolves when those that were held carry packets. */
  async start(): Promise<void> {
    this.#inheritance?.close();
    this.#inheritance = undefined;
    await Promise.all([...this.#alive].map((thread) => thread.ask({ op: 'start' }).catch(() => {})));
  }

  async close(): Promise<void> {
    this.#threads.clear();
    await Promise.all([...this.#alive].map((thread) => thread.stop()));
  }

  async #applyOne({ op, row }: Change): Promise<void> {
    if (row.kind === 'forwarder') {
      const tunnels = await this.#stop(row.dev);
      if (op !== 'delete') await this.#start(row, tunnels);
    } else if (row.kind === 'tunnel') {
      await this.#applyTunnel(op, row);
    } else {
      throw new TypeError(`expected a forwarder or tunnel row, got ${row.kind}`);
    }
  }

  async #applyTunnel(op: Change['op'], tunnel: Tunnel): Promise<void> {
    const thread = this.#threads.get(tunnel.dev);
    if (!thread && op === 'delete') return;
    if (!thread) throw new Error(`${tunnel.dev} has no forwarder running`);
    if (op === 'delete') await thread.delete(tunnel);
    else await thread.set(tunnel);
  }

  async #start(row: ForwarderRow, tunnels: readonly Tunnel[]): Promise<void> {
    const held = this.#inheritance;
    const heard = (one: ForwarderThread, answer: WorkerAnswer) => this.#heard(one, answer);
    const edges = held?.take(row.dev);
    const thread = new ForwarderThread(row, edges, held !== undefined, this.#keptFlows, heard);
    this.#alive.add(thread);
    void thread.ended.then(() => this.#alive.delete(thread));
    await thread.opened();
    await fill(thread, tunnels);
    this.#threads.set(row.dev, thread);
    thread.ended.then(() => {
      if (this.#threads.get(row.dev) !== thread) return;
      this.#threads.delete(row.dev);
      this.#onEnd(row.dev, thread.error);
      this.#events.emit('ended');
    });
  }

  /** Returns the tunnels it had: one that takes its place gets them. */
  async #stop(dev: string): Promise<readonly Tunnel[]> {
    const thread = this.#threads.get(dev);
    this.#threads.delete(dev);
    await thread?.stop();
    return [...(thread?.tunnels.values() ?? [])];
  }
}

/** One that does not take them all would keep its device and port from the next. */
async function fill(thread: ForwarderThread, tunnels: readonly Tunnel[]): Promise<void> {
  try {
    for (const tunnel of tunnels) await thread.set(tunnel);
  } catch (error) {
    await thread.stop();
    throw error;
  }
}
