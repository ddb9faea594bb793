/**
 * How much a packet, its copies and all that they give rise to may do together. Kernels have no such limit: there a loop
 * of bridges is busy until somebody pulls a cable.
 */
import type { Packet } from './packet.js';

/** Counted down by every copy. */
export interface Budget {
  /** Devices to leave or to come in by. */
  devices: number;
  /** Rules of netfilter to meet. */
  rules: number;
}

/** Enough for a flood to each port of thousands of hosts, and for the longest rulesets at every hook of a way. */
export const newBudget = (): Budget => ({ devices: 100_000, rules: 1_000_000 });

/** Whether a packet may go by one more device. Those without a budget are sent by nobody's program: by a test, or by hand. */
export function spendDevice({ budget }: Packet): boolean {
  if (budget === undefined) return true;
  budget.devices--;
  return budget.devices >= 0;
}
