/** What is looked at, whatever it was made of: places with their tables, packets sent through them, commands run on them. */
import type { Finding, PlacedNetwork, ProbeResult } from '@podlan/simulator';
import type { Action, PacketShape } from '../state/playground-state';

/** A packet's way. */
export interface Walk {
  readonly packet: PacketShape;
  readonly result: ProbeResult;
  /** What is wrong; the cause of a loss first. */
  readonly findings: readonly Finding[];
  /** What concerned the packet and was passed over, since it is not simulated: with it the end may be another. */
  readonly doubts: readonly string[];
}

export interface Scene extends PlacedNetwork {
  /** What is not simulated as it was, a line each. */
  readonly notes: readonly string[];
  /** What was done to it, in order. */
  readonly actions: readonly Action[];
  /** Of the packet that was sent last. */
  readonly lastWalk: Walk | undefined;
  /** Throws RangeError where there is no such place, or it has no address of the family that is asked for. */
  send(packet: PacketShape): Walk;
  /** Runs a command on a host or in a pod; resolves to what it prints. */
  run(at: string, line: string): Promise<readonly string[]>;
  /** The same made anew, with the first of its actions done again. */
  again(actions: number): Promise<Scene>;
  /** Ends what runs in it. */
  close(): Promise<void>;
}
