/** Whether a scenario is mended, looked at anew after every action. */
import { useEffect, useState } from 'react';
import type { PlaygroundStore } from '../playground/playground-store';
import type { GoalCheck, Scenario } from '../scenarios';
import type { SceneView } from '../simulation/simulation';

/** Undefined until it is known. */
export function useGoal(store: PlaygroundStore, scene: SceneView, scenario: Scenario): GoalCheck | undefined {
  const [check, setCheck] = useState<GoalCheck>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: a scene is another after every action
  useEffect(() => {
    let isWanted = true;
    store.check(scenario).then(
      (found) => isWanted && setCheck(found),
      (error: Error) => isWanted && store.say(error.message),
    );
    return () => {
      isWanted = false;
    };
  }, [store, scene, scenario]);
  return check;
}
