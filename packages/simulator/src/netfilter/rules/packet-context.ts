/** What a rule sees of the packet, and what it may change: one per packet and hook. */
import type { Random } from '../../random.js';
import type { PacketHead } from '../packet-head.js';
import type { Hook, RuleMatch, Traversal } from '../passage.js';
import type { Tracked } from '../tracker.js';
import type { NatRange } from '../unique-tuple.js';

export interface PacketContext {
  readonly hook: Hook;
  readonly traversal: Traversal;
  /** With what was translated at this hook so far; of a later fragment, the first one's. */
  head: PacketHead;
  /** Before connection tracking has seen the packet, as an invalid one. */
  tracked: Tracked;
  mark: number;
  readonly random: Random;
  readonly matches: RuleMatch[];
  readonly notUnderstood: RuleMatch[];
  rejectWith?: string | undefined;
  /** In a nat chain, by which a rule decides; elsewhere there is none. */
  translate?: ((range: NatRange) => void) | undefined;
}
