/** The simulation itself, in whatever thread it is made. */
import { checkGoal, type GoalCheck } from '../scenarios/goal';
import type { Scenario } from '../scenarios/scenario';
import { ClusterScene } from '../scene/cluster-scene';
import type { Scene } from '../scene/scene';
import { viewOf } from '../scene/scene-view';
import { type SnapshotFile, SnapshotScene } from '../snapshots/snapshot-scene';
import type { Action, PlaygroundState } from '../state/playground-state';
import { type Acted, type Opened, type SceneView, type Simulation, stateOf } from './simulation';

export class LocalSimulation implements Simulation {
  #scene: Scene | undefined;

  async open(state: Pick<PlaygroundState, 'cluster' | 'actions'>): Promise<Opened> {
    return this.#replace(await ClusterScene.open(state));
  }

  async openSnapshots(files: readonly SnapshotFile[]): Promise<Opened> {
    return this.#replace(await SnapshotScene.open(files));
  }

  async act(action: Action): Promise<Acted> {
    const scene = this.#current();
    const outcome = await scene.act(action);
    return { ...outcome, view: sceneView(scene) };
  }

  async again(actions: number): Promise<Opened> {
    return this.#replace(await this.#current().again(actions));
  }

  async check(scenario: Pick<Scenario, 'goal' | 'actions'>): Promise<GoalCheck> {
    const state = stateOf(this.#current());
    if (state === undefined) throw new Error('expected a simulated cluster, got snapshots');
    return checkGoal(scenario, { state });
  }

  async close(): Promise<void> {
    await this.#scene?.close();
    this.#scene = undefined;
  }

  async #replace(scene: Scene): Promise<Opened> {
    await this.#scene?.close();
    this.#scene = scene;
    const { lastWalk: walk } = scene;
    return { view: sceneView(scene), ...(walk && { walk }) };
  }

  #current(): Scene {
    if (this.#scene === undefined) throw new Error('expected a scene to be opened first');
    return this.#scene;
  }
}

const sceneView = (scene: Scene): SceneView => {
  const { shape, stopped, notes, actions } = scene;
  return { places: viewOf(scene), ...(shape && { shape }), stopped, notes, actions: [...actions] };
};
