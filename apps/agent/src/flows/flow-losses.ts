/** Flow records that were made, or should have been, and reached nobody: counted as IPFIX has it (RFC 5102, 5.10). */
import type { FlowEvent } from './flow-report.js';

/** Where flows are lost: in the forwarder, whose place for those that ended was full; in the log; on the way to a follower. */
export const LOSS_PLACES = ['forwarder', 'log', 'follower'] as const;
export type LossPlace = (typeof LOSS_PLACES)[number];

export interface FlowLosses {
  readonly flows: number;
  readonly packets: number;
  readonly octets: number;
}

/** Takes the place of the events that were not told. Since the stream, or the agent that writes the log, began. */
export interface LostEvent {
  readonly event: 'lost';
  readonly observationTimeMilliseconds: number;
  readonly notSentFlowTotalCount: number;
  readonly notSentPacketTotalCount: number;
  readonly notSentOctetTotalCount: number;
}

export const NO_LOSSES: FlowLosses = { flows: 0, packets: 0, octets: 0 };

export const sumOf = (one: FlowLosses, other: FlowLosses): FlowLosses => ({
  flows: one.flows + other.flows,
  packets: one.packets + other.packets,
  octets: one.octets + other.octets,
});

/** What each event would have said of the time since the one before. */
export const lossesOf = (events: readonly FlowEvent[]): FlowLosses =>
  events.reduce<FlowLosses>(
    (sum, { packetDeltaCount: packets, octetDeltaCount: octets }) =>
      sumOf(sum, { flows: 1, packets, octets }),
    NO_LOSSES,
  );

export const lostEvent = ({ flows, packets, octets }: FlowLosses, nowMs: number): LostEvent => ({
  event: 'lost',
  observationTimeMilliseconds: nowMs,
  notSentFlowTotalCount: flows,
  notSentPacketTotalCount: packets,
  notSentOctetTotalCount: octets,
});
