/** What is looked at, whatever it was made of: places with their tables, packets sent through them, commands run on them. */
import type { Finding, PlacedNetwork, ProbeResult } from '@podlan/simulator';
import type { Action, ClusterShape, PacketShape } from '../state/playground-state';

/** A packet's way. */
export interface Walk {
  readonly packet: PacketShape;
  readonly result: ProbeResult;
  /** What is wrong; the cause of a loss first. */
  readonly findings: readonly Finding[];
  /** What concerned the packet and was passed over, since it is not simulated: with it the end may be another. */
  readonly doubts: readonly string[];
}

/** What came of an action. */
export interface Outcome {
  /** What a command printed. */
  readonly output?: readonly string[];
  readonly walk?: Walk;
}

export interface Scene extends PlacedNetwork {
  /** Absent where no cluster is simulated, but what was left of one is looked at. */
  readonly shape?: ClusterShape;
  /** Hosts whose agent was stopped. */
  readonly stopped: readonly string[];
  /** What is not simulated as it was, a line each. */
  readonly notes: readonly string[];
  /** What was done to it, in order. */
  readonly actions: readonly Action[];
  /** Of the packet that was sent last. */
  readonly lastWalk: Walk | undefined;
  /** Changes it, and remembers how. Whatever rejects is not remembered. */
  act(action: Action): Promise<Outcome>;
  /** The same made anew, with the first of its actions done again. */
  again(actions: number): Promise<Scene>;
  /** Ends what runs in it. */
  close(): Promise<void>;
}
