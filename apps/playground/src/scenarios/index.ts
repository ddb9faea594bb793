/** Every scenario, from the pod outwards and from the plain to the intricate. */
import type { PlaygroundState } from '../state/playground-state';
import { HOST_SCENARIOS } from './host-scenarios';
import { OVERLAY_SCENARIOS } from './overlay-scenarios';
import { POD_SCENARIOS } from './pod-scenarios';
import type { Scenario } from './scenario';
import { UNDERLAY_SCENARIOS } from './underlay-scenarios';

export { checkGoal, type GoalCheck, type PacketCheck } from './goal';
export type { Scenario, ScenarioText } from './scenario';

export const SCENARIOS: readonly Scenario[] = [
  ...POD_SCENARIOS,
  ...HOST_SCENARIOS,
  ...OVERLAY_SCENARIOS,
  ...UNDERLAY_SCENARIOS,
];

/** The broken cluster, to be opened. */
export const brokenState = ({ id, cluster, actions }: Scenario): PlaygroundState => ({
  version: 1,
  cluster,
  actions: [...actions],
  scenario: id,
});

export const scenarioOf = (id: string): Scenario | undefined => SCENARIOS.find((one) => one.id === id);
