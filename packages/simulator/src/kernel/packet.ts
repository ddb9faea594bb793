/** A packet inside a simulated kernel: its bytes, and what a kernel notes beside them (`struct sk_buff`). */
import type { HopNote, Journey, Leg } from '../trace/journey.js';
import { type Budget, newBudget } from './budget.js';

/** Never written to: what changes a packet makes another. */
export interface Packet {
  /** A frame between devices, an IP packet inside the stack. */
  readonly bytes: Uint8Array;
  readonly mark: number;
  /** Devices it has left by: what goes round for ever is stopped. */
  readonly hops: number;
  /** Shared with its copies, its answers and their copies: a storm of them is stopped as well. */
  readonly budget?: Budget;
  /** Tunnels that it is inside of. */
  readonly tunnels?: number;
  /** One of several copies that were sent to find the one for whom it is: the others say nothing. */
  readonly isFlooded?: boolean;
  /** Of the fragments it was put together from, in bytes: it goes on in pieces that are no larger. */
  readonly largestFragment?: number;
  /** It came to a bridge whose frames meet the rules of IP, and has passed the first of them (`nf_bridge_info`). */
  readonly metRulesOnBridge?: boolean;
  readonly trace?: Trace;
}

/** Where a packet's hops are written down. */
export interface Trace {
  readonly journey: Journey;
  readonly leg: Leg;
}

/** What is sent by a host of its own. */
export function freshPacket(bytes: Uint8Array, trace?: Trace, budget = newBudget()): Packet {
  const packet = { bytes, mark: 0, hops: 0, budget };
  return trace === undefined ? packet : { ...packet, trace };
}

export const withBytes = (packet: Packet, bytes: Uint8Array): Packet => ({ ...packet, bytes });

/** What a packet gives rise to: its hops are part of the same journey. */
export function answerTo(packet: Packet, bytes: Uint8Array, leg: Leg): Packet {
  return freshPacket(bytes, packet.trace && { journey: packet.trace.journey, leg }, packet.budget);
}

export function note(packet: Packet, hop: HopNote): void {
  packet.trace?.journey.record(packet.trace.leg, hop);
}
