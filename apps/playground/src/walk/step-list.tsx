/** The hops in a list, leg by leg and place by place; the one that is looked at is marked and kept in sight. */
import type { Hop } from '@podlan/simulator';
import { type ReactNode, useEffect, useRef } from 'react';
import { useText } from '../language';
import { text } from './text';
import styles from './walk.module.css';

interface StepListProps {
  readonly hops: readonly Hop[];
  /** Places among the hops. */
  readonly steps: readonly number[];
  /** Which step is looked at. */
  readonly at: number;
  readonly onStep: (step: number) => void;
}

export function StepList({ hops, steps, at, onStep }: StepListProps): ReactNode {
  const list = useRef<HTMLOListElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another step is looked at
  useEffect(() => keepInSight(list.current), [at]);
  return (
    <ol ref={list} className={styles.steps}>
      {steps.map((hop, i) => (
        <StepItem
          key={hop}
          hop={hops[hop]!}
          previous={i === 0 ? undefined : hops[steps[i - 1]!]}
          isCurrent={i === at}
          onChoose={() => onStep(i)}
        />
      ))}
    </ol>
  );
}

/** Within the list alone: the page stays where it is. */
function keepInSight(list: HTMLElement | null): void {
  const current = list?.querySelector<HTMLElement>('[aria-current]');
  if (!list || !current) return;
  const top = current.getBoundingClientRect().top - list.getBoundingClientRect().top;
  const bottom = top + current.offsetHeight;
  if (top < 40) list.scrollTop += top - 40;
  else if (bottom > list.clientHeight - 24) list.scrollTop += bottom - list.clientHeight + 24;
}

interface StepItemProps {
  readonly hop: Hop;
  readonly previous: Hop | undefined;
  readonly isCurrent: boolean;
  readonly onChoose: () => void;
}

function StepItem({ hop, previous, isCurrent, onChoose }: StepItemProps): ReactNode {
  const words = useText(text);
  const { leg, netns, device, event, crossing } = hop;
  return (
    <>
      {previous?.leg !== leg && <li className={styles.leg}>{words.legs[leg]}</li>}
      {(previous?.leg !== leg || previous.netns !== netns) && <li className={styles.place}>{netns}</li>}
      <li>
        <button
          type="button"
          className={[styles.step, event === 'drop' && styles.dropped].filter(Boolean).join(' ')}
          aria-current={isCurrent ? 'step' : undefined}
          onClick={onChoose}
        >
          <span className={styles.device}>{device ?? ''}</span>
          <span>{words.events[event]}</span>
          {crossing !== undefined && <span className={styles.crossing}>{words.crossing[crossing]}</span>}
        </button>
      </li>
    </>
  );
}
