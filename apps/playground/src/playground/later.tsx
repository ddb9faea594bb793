/** What nobody sees at first: fetched when the page has nothing else to do, and at the latest when it is to be seen. */
import { lazy } from 'react';

export const ScenarioList = lazy(async () => {
  const { ScenarioList } = await import(/* webpackPrefetch: true */ '../scenario-panel/scenario-list');
  return { default: ScenarioList };
});

export const ScenarioPanel = lazy(async () => {
  const { ScenarioPanel } = await import(/* webpackPrefetch: true */ '../scenario-panel/scenario-panel');
  return { default: ScenarioPanel };
});

export const WalkPlayer = lazy(async () => {
  const { WalkPlayer } = await import(/* webpackPrefetch: true */ '../walk/walk-player');
  return { default: WalkPlayer };
});
