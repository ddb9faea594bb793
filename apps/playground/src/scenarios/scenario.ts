/** A cluster that is broken, told as an operator would tell it, and what it takes to have it mended. */
import type { FindingCode } from '@podlan/simulator';
import type { Language } from '../language';
import type { Action, ClusterShape, PacketShape } from '../state/playground-state';

/** What a reader is told, in one language. */
export interface ScenarioText {
  readonly title: string;
  /** The symptom first. */
  readonly story: string;
  /** Each says more than the one before. */
  readonly hints: readonly [string, string, ...string[]];
  /** Told once it is mended. */
  readonly why: string;
  /** How it shows on a real cluster. */
  readonly seen: string;
}

/** A row that has to be there at the end, as the tables show it. */
export interface KeptRow {
  readonly at: string;
  readonly text: string;
}

export interface Goal {
  /** Each has to be answered, with nothing found wrong on its way. */
  readonly through: readonly [PacketShape, ...PacketShape[]];
  /** What must not be given up for it. */
  readonly keeps?: readonly KeptRow[];
}

export interface Scenario {
  /** Part of links. */
  readonly id: string;
  readonly layer: 'pod' | 'host' | 'overlay' | 'underlay';
  readonly cluster: ClusterShape;
  /** From an empty cluster to the broken one. */
  readonly actions: readonly Action[];
  /** What a trace says of the first packet of the goal, before anything is mended. */
  readonly cause: FindingCode;
  readonly goal: Goal;
  /** One way to mend it. */
  readonly mending: readonly Action[];
  /** Ways that look right. None of them reaches the goal. */
  readonly tempting: readonly (readonly Action[])[];
  /** Of the course: a path below the site's base. */
  readonly page: string;
  readonly text: Readonly<Record<Language, ScenarioText>>;
}
