/**
 * The forwarders of this host as a `Kernel` that holds forwarder and tunnel rows: one worker thread a device.
 * A worker that ends takes its rows along, so the node loop sees them missing and puts them back.
 */
import { EventEmitter, on } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ForwarderCounters } from '@podlan/dataplane';
import type { Change, Failure, ForwarderRow, Kernel, Row, Scope, Table, Tunnel } from '@podlan/linux/model';
import type { CapturedPacket, CaptureOrder } from '../capture/capture-order.js';
import { ForwarderTotals } from '../metrics/forwarder-totals.js';
import { ForwarderThread } from './forwarder-thread.js';
import type { Edges, Inheritance } from './inheritance.js';
import { type FlowRecords, LAST_ANSWER, type WorkerAnswer } from './worker-messages.js';

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

  /** Packets that captures asked for. */
  onCaptured: (row: ForwarderRow, packets: readonly CapturedPacket[]) => void = () => {};

  /** Resolves when the forwarders there are capture; `undefined` ends the capture of that id. */
  async capture(id: number, order: CaptureOrder | undefined): Promise<void> {
    const request = { op: 'capture', capture: id, order } as const;
    await Promise.all([...this.#threads.values()].map((thread) => thread.ask(request)));
  }

  #heard(thread: ForwarderThread, { id, counters, flows, captured }: WorkerAnswer): void {
    const { row } = thread;
    if (counters) this.#counters.set(row.dev, this.#totals.take(row.dev, thread, counters));
    if (flows) this.onFlows(row, flows, id === LAST_ANSWER);
    if (captured) this.onCaptured(row, captured);
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
