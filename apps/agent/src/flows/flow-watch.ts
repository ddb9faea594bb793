/** The agent's look at the flows of its forwarders, once a second: for the log, and for all who follow. */
import type { ServerResponse } from 'node:http';
import { parseFlowRecords } from '@podlan/dataplane';
import type { ForwarderRow } from '@podlan/linux/model';
import type { Dataplane } from '../agent/flags/flag-values.js';
import type { FlowFlags } from '../agent/flags/flow-flags.js';
import type { WorkerForwarder } from '../agent/worker-forwarder.js';
import type { FlowRecords } from '../agent/worker-messages.js';
import { FlowHistory } from './flow-history.js';
import type { FlowLog } from './flow-log.js';
import { type FlowEvent, type FlowJson, type FlowReport, flowJson, linkOctetsOf } from './flow-report.js';

const TICK_MS = 1000;
/** Of IPFIX: a flow ends that was not seen for so long. */
const IDLE_MS = 15_000;
/** What a follower may leave unread, before the rest is not told to it. */
const MOST_UNREAD = 1 << 20;

type Forwarders = Pick<WorkerForwarder, 'askFlows' | 'onFlows'>;

interface Options extends Pick<FlowFlags, 'flows'> {
  readonly dataplane: Dataplane;
  /** The caller's to close. */
  readonly file: FlowLog | undefined;
}

interface Log {
  warn(message: string): void;
}

export class FlowWatch {
  readonly #forwarders: Forwarders;
  readonly #options: Options;
  readonly #histories = new Map<string, FlowHistory>();
  readonly #live = new Map<string, readonly FlowJson[]>();
  readonly #counters = new Map<string, FlowRecords['counters']>();
  readonly #followers = new Set<ServerResponse>();
  readonly #timer: NodeJS.Timeout;
  readonly #log: Log;
  #asking = false;

  constructor(forwarders: Forwarders, options: Options, log: Log) {
    this.#forwarders = forwarders;
    this.#options = options;
    this.#log = log;
    forwarders.onFlows = (row, records, isLast) => this.#take(row, records, isLast);
    this.#timer = setInterval(() => void this.#look().catch(() => {}), TICK_MS);
  }

  /** Throws where no flows are seen, or kept. */
  async report(): Promise<FlowReport> {
    this.#requireFlows();
    await this.#forwarders.askFlows(Date.now() - IDLE_MS);
    const lost = { flows: 0, packets: 0, octets: 0 };
    for (const { lost: more } of this.#counters.values()) {
      lost.flows += more.flows;
      lost.packets += more.packets;
      lost.octets += more.bytes;
    }
    return { capacity: this.#options.flows, lost, flows: [...this.#live.values()].flat() };
  }

  /** Throws as `report`. */
  follow(outgoing: ServerResponse): void {
    this.#requireFlows();
    outgoing.writeHead(200, { 'content-type': 'application/jsonl' });
    outgoing.flushHeaders();
    this.#followers.add(outgoing);
    outgoing.once('close', () => this.#followers.delete(outgoing));
  }

  /** After the forwarders. */
  close(): void {
    clearInterval(this.#timer);
    for (const follower of this.#followers) follower.end();
  }

  #requireFlows(): void {
    const { dataplane, flows } = this.#options;
    if (dataplane === 'kernel')
      throw new Error(
        'expected the wasm dataplane, which sees flows, found kernel, whose packets no agent sees: conntrack -L has those of the kernel',
      );
    if (flows === 0)
      throw new Error('expected flows to be kept, found --flows 0: start the agent with --flows 4096');
  }

  async #look(): Promise<void> {
    if (this.#asking || this.#options.flows === 0) return;
    this.#asking = true;
    await this.#forwarders.askFlows(Date.now() - IDLE_MS).finally(() => {
      this.#asking = false;
    });
  }

  #take({ dev, type }: ForwarderRow, { live, ended, counters }: FlowRecords, isLast: boolean): void {
    const octets = linkOctetsOf(type);
    const told = (records: Uint8Array) => parseFlowRecords(records).map((one) => flowJson(dev, one, octets));
    const history = this.#histories.get(dev) ?? new FlowHistory();
    this.#histories.set(dev, history);
    this.#counters.set(dev, counters);
    const now = told(live);
    this.#live.set(dev, now);
    const nowMs = Date.now();
    const reason = ({ flowEndMilliseconds: last }: FlowJson) =>
      nowMs - last >= IDLE_MS ? 1 : isLast ? 4 : 5;
    this.#tell([...history.next(now, told(ended), { nowMs, reason })]);
  }

  #tell(events: readonly FlowEvent[]): void {
    try {
      this.#options.file?.append(events);
    } catch (error) {
      this.#log.warn(`the flow log: ${(error as Error).message}`);
    }
    if (events.length === 0) return;
    const text = events.map((event) => `${JSON.stringify(event)}\n`).join('');
    for (const follower of this.#followers) if (follower.writableLength < MOST_UNREAD) follower.write(text);
  }
}
