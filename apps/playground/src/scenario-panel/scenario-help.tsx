/** What has to work in a scenario, hints one after the other, and the explanation in the end. */
import { type ReactNode, useState } from 'react';
import { useLanguage, useText } from '../language';
import type { PlaygroundStore } from '../playground/playground-store';
import type { GoalCheck, Scenario } from '../scenarios';
import { GoalList } from './goal-list';
import styles from './scenario-panel.module.css';
import { text } from './text';

interface ScenarioHelpProps {
  readonly store: PlaygroundStore;
  readonly scenario: Scenario;
  readonly check: GoalCheck;
  readonly onPlay: (scenario: Scenario) => void;
  readonly onLeave: () => void;
}

export function ScenarioHelp({ store, scenario, check, onPlay, onLeave }: ScenarioHelpProps): ReactNode {
  const words = useText(text);
  const [shown, setShown] = useState(0);
  const { hints } = scenario.text[useLanguage()];
  const { isMet } = check;
  const showMe = async () => {
    await store.play(scenario);
    for (const action of scenario.mending) await store.act(action);
  };
  return (
    <>
      <GoalList check={check} />
      {shown > 0 && !isMet && (
        <ol className={styles.hints} aria-live="polite">
          {hints.slice(0, shown).map((hint) => (
            <li key={hint}>{hint}</li>
          ))}
        </ol>
      )}
      {isMet && <Explanation scenario={scenario} />}
      <div className={styles.ways}>
        {!isMet && shown < hints.length && (
          <button type="button" onClick={() => setShown(shown + 1)}>
            {words.hint(shown + 1, hints.length)}
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
    </>
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
