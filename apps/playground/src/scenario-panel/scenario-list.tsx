/** Scenarios to choose from. */
import type { ReactNode } from 'react';
import { useLanguage, useText } from '../language';
import { SCENARIOS, type Scenario } from '../scenarios';
import styles from './scenario-panel.module.css';
import { text } from './text';

interface ScenarioListProps {
  readonly onPlay: (scenario: Scenario) => void;
}

const LAYERS = ['pod', 'host', 'overlay', 'underlay'] as const;

export function ScenarioList({ onPlay }: ScenarioListProps): ReactNode {
  const words = useText(text);
  const language = useLanguage();
  return (
    <section className={styles.panel} aria-label={words.list}>
      <p className={styles.quiet}>{words.howTo}</p>
      <div className={styles.layers}>
        {LAYERS.map((layer) => (
          <div key={layer}>
            <h3>{words.layers[layer]}</h3>
            <ul>
              {SCENARIOS.filter((scenario) => scenario.layer === layer).map((scenario) => (
                <li key={scenario.id}>
                  <button type="button" onClick={() => onPlay(scenario)}>
                    {scenario.text[language].title}
                  </button>
                </li>
              ))}
            </ul>
          </div>
        ))}
      </div>
    </section>
  );
}
