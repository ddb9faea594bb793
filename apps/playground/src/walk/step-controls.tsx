/** To the first step, back, on, to the last; play and pause; and a slider for all of them. */
import type { ReactNode } from 'react';
import { useText } from '../language';
import type { Playing } from './playing';
import { StepIcon } from './step-icon';
import { text } from './text';
import styles from './walk.module.css';

export interface StepControlsProps {
  readonly label: string;
  readonly playing: Playing;
}

export function StepControls({ label, playing }: StepControlsProps): ReactNode {
  const words = useText(text);
  const { at, count, goTo, isPlaying, play } = playing;
  return (
    <div className={styles.controls} title={words.keys}>
      <button type="button" aria-label={words.first} onClick={() => goTo(0)}>
        <StepIcon shape="first" />
      </button>
      <button type="button" aria-label={words.back} onClick={() => goTo(at - 1)}>
        <StepIcon shape="back" />
      </button>
      <button type="button" className={styles.play} onClick={() => play(!isPlaying)}>
        {isPlaying ? words.pause : words.play}
      </button>
      <button type="button" aria-label={words.forward} onClick={() => goTo(at + 1)}>
        <StepIcon shape="forward" />
      </button>
      <button type="button" aria-label={words.last} onClick={() => goTo(count - 1)}>
        <StepIcon shape="last" />
      </button>
      <input
        type="range"
        aria-label={label}
        aria-valuetext={words.stepOf(at + 1, count)}
        min={0}
        max={count - 1}
        value={at}
        onChange={({ target }) => goTo(Number(target.value))}
      />
      <output>{words.stepOf(at + 1, count)}</output>
    </div>
  );
}
