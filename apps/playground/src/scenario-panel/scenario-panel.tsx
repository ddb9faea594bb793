/** The scenario that is played: what is wrong, whether it is mended, and help for those who ask for it. */
import { type ReactNode, useState } from 'react';
import { useLanguage, useText } from '../language';
import type { PlaygroundStore, Shown } from '../playground/playground-store';
import type { Scenario } from '../scenarios';
import { GoalList } from './goal-list';
import styles from './scenario-panel.module.css';
import { text } from './text';
import { useGoal } from './use-goal';

interface ScenarioPanelProps {
  readonly store: PlaygroundStore;
  readonly shown: Shown;
  readonly scenario: Scenario;
  readonly onPlay: (scenario: Scenario) => void;
  readonly onLeave: () => void;
}

export function ScenarioPanel({ store, shown, scenario, onPlay, onLeave }: ScenarioPanelProps): ReactNode {
  const words = useText(text);
  const [hints, setHints] = useState(0);
  const check = useGoal(shown, scenario);
  const told = scenario.text[useLanguage()];
  const isMet = check?.isMet ?? false;
  const showMe = async () => {
    await store.play(scenario);
    for (const action of scenario.mending) await store.act(action);
  };
  return (
    <section className={styles.panel} data-solved={isMet} aria-label={words.playing(told.title)}>
      <h2>{told.title}</h2>
      <p>{told.story}</p>
      {check && <GoalList check={check} />}
      {hints > 0 && !isMet && (
        <ol className={styles.hints} aria-live="polite">
          {told.hints.slice(0, hints).map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ol>
      )}
      {isMet && <Explanation scenario={scenario} />}
      <div className={styles.ways}>
        {!isMet && hints < told.hints.length && (
          <button type="button" onClick={() => setHints(hints + 1)}>
            {words.hint(hints + 1, told.hints.length)}
          </button>
        )}
        {!isMet && (
          <button type="button" onClick={() => void showMe()}>
            {words.showMe}
          </button>
        )}
        <button type="button" onClick={() => onPlay(scenario)}>
          {words.again}
        </button>
        <button type="button" onClick={onLeave}>
          {words.leave}
        </button>
      </div>
    </section>
  );
}

function Explanation({ scenario }: { readonly scenario: Scenario }): ReactNode {
  const words = useText(text);
  const { why, seen } = scenario.text[useLanguage()];
  return (
    <div className={styles.explanation}>
      <p>
        <strong>{words.why}</strong> {why}
      </p>
      <p>
        <strong>{words.seen}</strong> {seen} <a href={scenario.page}>{words.page}</a>
      </p>
    </div>
  );
}
