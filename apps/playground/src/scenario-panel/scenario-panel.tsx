/** The scenario that is played: what is wrong, whether it is mended, and help for those who ask for it. */
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useLanguage, useText } from '../language';
import type { PlaygroundStore, Shown } from '../playground/playground-store';
import { type Scenario, scenarioOf } from '../scenarios';
import { ScenarioHelp } from './scenario-help';
import styles from './scenario-panel.module.css';
import { text } from './text';
import { useGoal } from './use-goal';

interface ScenarioPanelProps {
  readonly store: PlaygroundStore;
  readonly shown: Shown;
  /** Of the scenario. */
  readonly id: string;
  readonly onPlay: (scenario: Scenario) => void;
  readonly onLeave: () => void;
}

type PlayingProps = Omit<ScenarioPanelProps, 'id'> & { readonly scenario: Scenario };

/** Where there is room for it beside the drawing; elsewhere it would cover the drawing. */
const HAS_ROOM = '(min-width: 940px)';

export function ScenarioPanel({ id, ...props }: ScenarioPanelProps): ReactNode {
  const scenario = scenarioOf(id);
  return scenario && <Playing {...{ scenario }} {...props} />;
}

function Playing({ store, shown, scenario, onPlay, onLeave }: PlayingProps): ReactNode {
  const words = useText(text);
  const [isOpen, setOpen] = useState(() => matchMedia(HAS_ROOM).matches);
  const check = useGoal(store, shown.scene, scenario);
  const told = scenario.text[useLanguage()];
  const isMet = check?.isMet ?? false;
  const title = useRef<HTMLHeadingElement>(null);
  // The list that it was chosen from is gone, and took the focus along.
  useEffect(() => {
    if (document.activeElement === document.body) title.current?.focus({ preventScroll: true });
  }, []);
  return (
    <section
      className={styles.panel}
      data-solved={isMet}
      data-open={isOpen}
      aria-label={words.playing(told.title)}
    >
      <div className={styles.head}>
        <div className={styles.title}>
          <h2 ref={title} tabIndex={-1}>
            {told.title}
          </h2>
          <span role="status" className={isMet ? styles.solved : styles.quiet}>
            {check && (isMet ? words.solved : words.notYet)}
          </span>
        </div>
        <button type="button" aria-expanded={isOpen} onClick={() => setOpen(!isOpen)}>
          {words.help}
        </button>
      </div>
      <p className={styles.story}>{told.story}</p>
      <div hidden={!isOpen}>{check && <ScenarioHelp {...{ store, scenario, check, onPlay, onLeave }} />}</div>
    </section>
  );
}
