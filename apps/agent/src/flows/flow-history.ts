/** From one look at the flows to the next: which began, which go on, which ended, and what each carried meanwhile. */
import type { FlowEvent, FlowJson } from './flow-report.js';

/** Of IPFIX: how long a flow that goes on is not told of. */
const ACTIVE_MS = 60_000;

interface Told {
  readonly packets: number;
  readonly octets: number;
  readonly atMs: number;
}

/** A place that is taken anew begins a flow of its own. */
const keyOf = ({ flowEndMilliseconds, packetTotalCount, octetTotalCount, ...key }: FlowJson): string =>
  JSON.stringify(key);

export class FlowHistory {
  readonly #told = new Map<string, Told>();

  /** Those that ended first, so that what they were is told before what took their place. */
  *next(
    live: readonly FlowJson[],
    ended: readonly FlowJson[],
    { nowMs, reason }: { nowMs: number; reason: (flow: FlowJson) => 1 | 4 | 5 },
  ): Generator<FlowEvent> {
    for (const flow of ended) {
      yield { ...this.#tell(flow, 'end', nowMs), flowEndReason: reason(flow) };
      this.#told.delete(keyOf(flow));
    }
    for (const flow of live) {
      const told = this.#told.get(keyOf(flow));
      if (told === undefined) yield this.#tell(flow, 'start', nowMs);
      else if (nowMs - told.atMs >= ACTIVE_MS && flow.packetTotalCount > told.packets)
        yield { ...this.#tell(flow, 'update', nowMs), flowEndReason: 2 };
    }
  }

  #tell(flow: FlowJson, event: FlowEvent['event'], atMs: number): FlowEvent {
    const key = keyOf(flow);
    const { packets, octets } = this.#told.get(key) ?? { packets: 0, octets: 0 };
    const { packetTotalCount, octetTotalCount } = flow;
    this.#told.set(key, { packets: packetTotalCount, octets: octetTotalCount, atMs });
    return {
      event,
      ...flow,
      packetDeltaCount: packetTotalCount - packets,
      octetDeltaCount: octetTotalCount - octets,
    };
  }
}
