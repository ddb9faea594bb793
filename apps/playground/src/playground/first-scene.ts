/** How the first state looks, for whoever makes a page of it beforehand: what comes to life there need not wait for a simulation. */
import { LocalSimulation } from '../simulation/local-simulation';
import type { SceneView } from '../simulation/simulation';
import { FIRST_STATE } from '../state/first-state';

export async function firstScene(): Promise<SceneView> {
  const simulation = new LocalSimulation();
  const { view } = await simulation.open(FIRST_STATE);
  await simulation.close();
  return view;
}
