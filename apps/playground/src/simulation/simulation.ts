/** What a page asks of the simulator: scenes are made and changed somewhere else, and the page is told how they look. */
import type { GoalCheck, Scenario } from '../scenarios';
import type { Outcome, Walk } from '../scene/scene';
import type { PlaceView } from '../scene/scene-view';
import type { SnapshotFile } from '../snapshots/snapshot-scene';
import type { Action, ClusterShape, PlaygroundState } from '../state/playground-state';

/** A scene as plain data. */
export interface SceneView {
  readonly places: readonly PlaceView[];
  /** Absent where no cluster is simulated, but what was left of one is looked at. */
  readonly shape?: ClusterShape;
  /** Hosts whose agent was stopped. */
  readonly stopped: readonly string[];
  /** What is not simulated as it was, a line each. */
  readonly notes: readonly string[];
  /** What was done to it, in order. */
  readonly actions: readonly Action[];
}

/** A scene that was made, with the packet that was sent last. */
export interface Opened {
  readonly view: SceneView;
  readonly walk?: Walk;
}

/** What came of an action, and the scene after it. */
export interface Acted extends Outcome {
  readonly view: SceneView;
}

/** One scene at a time. Whatever rejects leaves it as it was. */
export interface Simulation {
  /** A cluster with all that was done to it. Rejects with an error that names the action which can't be done. */
  open(state: Pick<PlaygroundState, 'cluster' | 'actions'>): Promise<Opened>;
  /** Rejects with an error that names the file, what was expected in it and where. */
  openSnapshots(files: readonly SnapshotFile[]): Promise<Opened>;
  act(action: Action): Promise<Acted>;
  /** The same made anew, with the first of its actions done again. */
  again(actions: number): Promise<Opened>;
  /** Whether the scenario that is played is mended. */
  check(scenario: Pick<Scenario, 'goal' | 'actions'>): Promise<GoalCheck>;
  /** Ends what runs. */
  close(): Promise<void>;
}

/** That gives the scene again; undefined where it is no simulated cluster. */
export const stateOf = ({
  shape,
  actions,
}: Pick<SceneView, 'shape' | 'actions'>): PlaygroundState | undefined =>
  shape && { version: 1, cluster: shape, actions: [...actions] };
