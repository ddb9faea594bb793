/** From one look at the flows to the next: which began, which go on, which ended, and what each carried meanwhile. */
import type { FlowLosses } from './flow-losses.js';
import type { FlowEvent, FlowJson } from './flow-report.js';

/** Of IPFIX: how long a flow that goes on is not told of. */
const ACTIVE_MS = 60_000;

interface Told {
  readonly packets: number;
  readonly octets: number;
  readonly atMs: number;
}

export interface Look {
  readonly live: readonly FlowJson[];
  readonly ended: readonly FlowJson[];
  /** All that ended and got into neither since the look before, with all they carried. */
  readonly lost: FlowLosses;
  readonly nowMs: number;
}

/** A place that is taken anew begins a flow of its own. */
const keyOf = ({ flowEndMilliseconds, packetTotalCount, octetTotalCount, ...key }: FlowJson): string =>
  JSON.stringify(key);

export class FlowHistory {
  #told = new Map<string, Told>();

  /** Those that ended first, so that what they were is told before what took their place; and what no event tells. */
  next(
    { live, ended, lost, nowMs }: Look,
    reason: (flow: FlowJson) => 1 | 4 | 5,
  ): { readonly events: FlowEvent[]; readonly missed: FlowLosses } {
    const before = this.#told;
    this.#told = new Map();
    const ends = ended.map((flow): FlowEvent => {
      const event = eventOf(flow, 'end', before.get(keyOf(flow)));
      before.delete(keyOf(flow));
      return { ...event, flowEndReason: reason(flow) };
    });
    const others = live.flatMap((flow) => {
      const key = keyOf(flow);
      const told = before.get(key);
      before.delete(key);
      const events = goingOn(flow, told, nowMs);
      this.#told.set(key, events.length === 0 ? told! : toldOf(flow, nowMs));
      return events;
    });
    return { events: [...ends, ...others], missed: withoutTold(lost, before.values()) };
  }
}

const toldOf = ({ packetTotalCount: packets, octetTotalCount: octets }: FlowJson, atMs: number): Told => ({
  ...{ packets, octets, atMs },
});

function goingOn(flow: FlowJson, told: Told | undefined, nowMs: number): FlowEvent[] {
  if (told === undefined) return [eventOf(flow, 'start', undefined)];
  if (nowMs - told.atMs < ACTIVE_MS || flow.packetTotalCount <= told.packets) return [];
  return [{ ...eventOf(flow, 'update', told), flowEndReason: 2 }];
}

const eventOf = (flow: FlowJson, event: FlowEvent['event'], told: Told | undefined): FlowEvent => ({
  event,
  ...flow,
  packetDeltaCount: flow.packetTotalCount - (told?.packets ?? 0),
  octetDeltaCount: flow.octetTotalCount - (told?.octets ?? 0),
});

/** A flow that was told, and neither goes on nor ended, is one of the lost. */
function withoutTold({ flows, packets, octets }: FlowLosses, gone: Iterable<Told>): FlowLosses {
  const told = [...gone];
  return {
    flows,
    packets: packets - told.reduce((sum, one) => sum + one.packets, 0),
    octets: octets - told.reduce((sum, one) => sum + one.octets, 0),
  };
}
