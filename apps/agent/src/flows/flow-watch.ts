/** The agent's look at the flows of its forwarders, once a second: for the log, and for all who follow. */
import type { ServerResponse } from 'node:http';
import { parseFlowRecords } from '@podlan/dataplane';
import type { ForwarderRow } from '@podlan/linux/model';
import type { Dataplane } from '../agent/flags/flag-values.js';
import type { FlowFlags } from '../agent/flags/flow-flags.js';
import type { WorkerForwarder } from '../agent/worker-forwarder.js';
import type { FlowRecords } from '../agent/worker-messages.js';
import { FlowHistory } from './flow-history.js';
import { FlowListener, lineOf } from './flow-listener.js';
import type { FlowLog } from './flow-log.js';
import { type FlowLosses, type LossPlace, NO_LOSSES, sumOf } from './flow-losses.js';
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
  /** Hears of flows, or of events, that somebody was not told. */
  readonly onLost: (place: LossPlace, count: number) => void;
}

export class FlowWatch {
  readonly #forwarders: Forwarders;
  readonly #options: Options;
  readonly #histories = new Map<string, FlowHistory>();
  readonly #live = new Map<string, readonly FlowJson[]>();
  /** Of each forwarder that runs. */
  readonly #counters = new Map<string, FlowRecords['counters']['lost']>();
  readonly #log: FlowListener | undefined;
  readonly #followers = new Map<ServerResponse, FlowListener>();
  readonly #timer: NodeJS.Timeout;
  #lost = NO_LOSSES;
  #asking = false;

  constructor(forwarders: Forwarders, options: Options) {
    const { file } = options;
    this.#forwarders = forwarders;
    this.#options = options;
    this.#log = file && new FlowListener((lines) => file.append(lines));
    forwarders.onFlows = (row, records, isLast) => this.#take(row, records, isLast);
    this.#timer = setInterval(() => void this.#look().catch(() => {}), TICK_MS);
  }

  /** Throws where no flows are seen, or kept. */
  async report(): Promise<FlowReport> {
    this.#requireFlows();
    await this.#forwarders.askFlows(Date.now() - IDLE_MS);
    return { capacity: this.#options.flows, lost: this.#lost, flows: [...this.#live.values()].flat() };
  }

  /** Throws as `report`. */
  follow(outgoing: ServerResponse): void {
    this.#requireFlows();
    outgoing.writeHead(200, { 'content-type': 'application/jsonl' });
    outgoing.flushHeaders();
    this.#followers.set(outgoing, new FlowListener((lines) => takenBy(outgoing, lines)));
    outgoing.once('close', () => this.#followers.delete(outgoing));
  }

  /** After the forwarders. */
  close(): void {
    clearInterval(this.#timer);
    for (const [outgoing, follower] of this.#followers) outgoing.end(follower.untold().join(''));
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

  #take({ dev, type }: ForwarderRow, records: FlowRecords, isLast: boolean): void {
    const octets = linkOctetsOf(type);
    const told = (bytes: Uint8Array) => parseFlowRecords(bytes).map((one) => flowJson(dev, one, octets));
    const history = this.#histories.get(dev) ?? new FlowHistory();
    this.#histories.set(dev, history);
    const live = told(records.live);
    this.#live.set(dev, live);
    const nowMs = Date.now();
    const reason = ({ flowEndMilliseconds: last }: FlowJson) =>
      nowMs - last >= IDLE_MS ? 1 : isLast ? 4 : 5;
    const lost = this.#lostSince(dev, records.counters.lost, octets);
    const { events, missed } = history.next({ live, ended: told(records.ended), lost, nowMs }, reason);
    // Who comes after it counts from zero.
    if (isLast) this.#counters.delete(dev);
    this.#tell(events, missed);
  }

  #lostSince(dev: string, now: FlowRecords['counters']['lost'], linkOctets: number): FlowLosses {
    const before = this.#counters.get(dev) ?? { flows: 0, packets: 0, bytes: 0 };
    this.#counters.set(dev, now);
    const packets = now.packets - before.packets;
    const octets = Math.max(0, now.bytes - before.bytes - packets * linkOctets);
    return { flows: now.flows - before.flows, packets, octets };
  }

  #tell(events: readonly FlowEvent[], missed: FlowLosses): void {
    this.#lost = sumOf(this.#lost, missed);
    const lines = events.map(lineOf);
    const count = (place: LossPlace, lost: number) => lost > 0 && this.#options.onLost(place, lost);
    count('forwarder', missed.flows);
    if (this.#log) count('log', this.#log.tell(events, lines, missed));
    for (const follower of this.#followers.values()) count('follower', follower.tell(events, lines, missed));
  }
}

/** All or none. */
function takenBy(outgoing: ServerResponse, lines: readonly string[]): number {
  if (outgoing.writableLength >= MOST_UNREAD) return 0;
  outgoing.write(lines.join(''));
  return lines.length;
}
