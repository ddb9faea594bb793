/** Whether a scenario is mended, looked at anew after every action. */
import { useEffect, useState } from 'react';
import type { Shown } from '../playground/playground-store';
import { checkGoal, type GoalCheck, type Scenario } from '../scenarios';
import { ClusterScene } from '../scene/cluster-scene';

/** Undefined until it is known. */
export function useGoal({ scene, places }: Shown, scenario: Scenario): GoalCheck | undefined {
  const [check, setCheck] = useState<GoalCheck>();
  // biome-ignore lint/correctness/useExhaustiveDependencies: places are others after every action
  useEffect(() => {
    if (!(scene instanceof ClusterScene)) return;
    let isWanted = true;
    void checkGoal(scenario, scene).then((found) => {
      if (isWanted) setCheck(found);
    });
    return () => {
      isWanted = false;
    };
  }, [scene, places, scenario]);
  return check;
}
