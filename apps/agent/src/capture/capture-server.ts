/**
 * The agent's side of captures. A request's first line says what is wanted; the answer is a pcapng file that goes on
 * until the request ends, or as many packets as were asked for are told. How many were lost stands in its trailers.
 */
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { ForwarderRow } from '@podlan/linux/model';
import * as v from 'valibot';
import type { Dataplane } from '../agent/flags/flag-values.js';
import { firstLine } from '../agent/hand-over.js';
import type { WorkerForwarder } from '../agent/worker-forwarder.js';
import { blocksOf, interfacesOf } from './capture-blocks.js';
import { type CapturedPacket, CaptureRequest, LOST, WAITING } from './capture-order.js';
import { LOST_TRAILER, PACKETS_TRAILER } from './capture-trailers.js';

type Forwarders = Pick<WorkerForwarder, 'capture' | 'onCaptured' | 'rows'>;

class Capture {
  readonly state = new Int32Array(new SharedArrayBuffer(8));
  readonly #outgoing: ServerResponse;
  readonly #interfaces: ReturnType<typeof interfacesOf>;
  readonly #most: number;
  #packets = 0;

  constructor(outgoing: ServerResponse, rows: readonly ForwarderRow[], most: number) {
    this.#outgoing = outgoing;
    this.#interfaces = interfacesOf(rows);
    this.#most = most;
    outgoing.writeHead(200, {
      'content-type': 'application/x-pcapng',
      trailer: `${PACKETS_TRAILER}, ${LOST_TRAILER}`,
    });
    outgoing.write(this.#interfaces.header);
  }

  /** False where it has all that was asked for. */
  take(row: ForwarderRow, packet: CapturedPacket): boolean {
    const device = this.#interfaces.indexes.get(row.dev);
    const written = () => Atomics.sub(this.state, WAITING, packet.bytes.length);
    if (device === undefined || this.#packets >= this.#most || this.#outgoing.writableEnded) written();
    else {
      this.#packets++;
      this.#outgoing.write(Buffer.concat(blocksOf(row, packet, device)), written);
    }
    return this.#packets < this.#most;
  }

  end(): void {
    if (this.#outgoing.writableEnded || this.#outgoing.destroyed) return;
    const lost = Atomics.load(this.state, LOST);
    this.#outgoing.addTrailers({ [PACKETS_TRAILER]: String(this.#packets), [LOST_TRAILER]: String(lost) });
    this.#outgoing.end();
  }
}

export class CaptureServer {
  readonly #forwarders: Forwarders;
  readonly #dataplane: Dataplane;
  readonly #captures = new Map<number, Capture>();
  #lastId = 0;

  constructor(forwarders: Forwarders, dataplane: Dataplane) {
    this.#forwarders = forwarders;
    this.#dataplane = dataplane;
    forwarders.onCaptured = (row, packets) => {
      for (const packet of packets) this.#take(row, packet);
    };
  }

  /** Rejects where there is nothing to be captured, or the request is none. */
  async serve(incoming: IncomingMessage, outgoing: ServerResponse): Promise<void> {
    const request = v.parse(CaptureRequest, JSON.parse(await firstLine(incoming)));
    const rows = this.#forwarders.rows().filter((row) => row.kind === 'forwarder');
    if (rows.length === 0) throw new Error(this.#nothing());
    const id = ++this.#lastId;
    const capture = new Capture(outgoing, rows, request.count ?? Number.POSITIVE_INFINITY);
    this.#captures.set(id, capture);
    for (const [emitter, event] of [
      [incoming, 'end'],
      [outgoing, 'close'],
    ] as const)
      emitter.once(event, () => void this.#end(id));
    incoming.resume();
    await this.#forwarders.capture(id, { request, state: capture.state });
  }

  async close(): Promise<void> {
    await Promise.all([...this.#captures.keys()].map((id) => this.#end(id)));
  }

  #nothing(): string {
    if (this.#dataplane === 'wasm') return 'expected a forwarder that runs, found none: see podlan status';
    return 'expected the wasm dataplane, whose packets pass the agent, found kernel: capture there with tcpdump';
  }

  #take(row: ForwarderRow, packet: CapturedPacket): void {
    const capture = this.#captures.get(packet.capture);
    if (capture && !capture.take(row, packet)) void this.#end(packet.capture);
  }

  /** Those that the threads have sent by then are in. */
  async #end(id: number): Promise<void> {
    const capture = this.#captures.get(id);
    if (!capture) return;
    await this.#forwarders.capture(id, undefined).catch(() => {});
    capture.end();
    this.#captures.delete(id);
  }
}
