/** A packet's way to be stepped through: played, paused, forwards and back. */
import { type KeyboardEvent, type ReactNode, useEffect, useMemo, useState } from 'react';
import { useText } from '../language';
import type { Walk } from '../scene/scene';
import { CaptureButton } from './capture-button';
import { HopDetail } from './hop-detail';
import { StepIcon } from './step-icon';
import { StepList } from './step-list';
import { text } from './text';
import styles from './walk.module.css';
import { WalkOutcome } from './walk-outcome';
import { stepAt, stepsOf } from './walk-steps';

const MS_PER_STEP = 900;

export interface WalkPlayerProps {
  readonly walk: Walk;
  /** Which hop of all is looked at. */
  readonly step: number;
  readonly onStep: (step: number) => void;
}

export function WalkPlayer({ walk, step, onStep }: WalkPlayerProps): ReactNode {
  const words = useText(text);
  const { hops } = walk.result;
  const [showsResolution, setShowsResolution] = useState(false);
  const steps = useMemo(() => stepsOf(hops, showsResolution), [hops, showsResolution]);
  const at = stepAt(steps, step);
  const goTo = (next: number) => {
    const hop = steps[Math.min(Math.max(next, 0), steps.length - 1)];
    if (hop !== undefined) onStep(hop);
  };
  const [isPlaying, play] = usePlaying(at, steps.length, goTo);
  const hop = hops[steps[at] ?? 0];
  return (
    <section className={styles.walk} aria-label={words.way} onKeyDown={keys({ at, goTo, play, isPlaying })}>
      <WalkOutcome walk={walk} />
      {hop !== undefined && (
        <>
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
            <button type="button" aria-label={words.last} onClick={() => goTo(steps.length - 1)}>
              <StepIcon shape="last" />
            </button>
            <input
              type="range"
              aria-label={words.way}
              aria-valuetext={words.stepOf(at + 1, steps.length)}
              min={0}
              max={steps.length - 1}
              value={at}
              onChange={({ target }) => goTo(Number(target.value))}
            />
            <output>{words.stepOf(at + 1, steps.length)}</output>
          </div>
          <div className={styles.panes}>
            <StepList hops={hops} steps={steps} at={at} onStep={goTo} />
            <HopDetail hops={hops} at={steps[at]!} />
          </div>
          <div className={styles.options}>
            <label>
              <input
                type="checkbox"
                checked={showsResolution}
                onChange={({ target }) => setShowsResolution(target.checked)}
              />
              {words.showResolution}
            </label>
            <CaptureButton walk={walk} />
          </div>
        </>
      )}
    </section>
  );
}

/** One step after another until the last, or until somebody stops it. */
function usePlaying(
  at: number,
  count: number,
  goTo: (step: number) => void,
): [isPlaying: boolean, play: (plays: boolean) => void] {
  const [isPlaying, setPlaying] = useState(false);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a timer for each step, not for each drawing
  useEffect(() => {
    if (!isPlaying) return;
    if (at >= count - 1) {
      setPlaying(false);
      return;
    }
    const timer = setTimeout(() => goTo(at + 1), MS_PER_STEP);
    return () => clearTimeout(timer);
  }, [isPlaying, at, count]);
  const play = (plays: boolean) => {
    if (plays && at >= count - 1) goTo(0);
    setPlaying(plays);
  };
  return [isPlaying, play];
}

interface Keys {
  readonly at: number;
  readonly goTo: (step: number) => void;
  readonly isPlaying: boolean;
  readonly play: (plays: boolean) => void;
}

/** Whatever has the focus keeps the keys that it needs itself. */
const keys =
  ({ at, goTo, isPlaying, play }: Keys) =>
  (event: KeyboardEvent<HTMLElement>): void => {
    const { tagName } = event.target as HTMLElement;
    if (tagName === 'INPUT') return;
    if (event.key === 'ArrowRight') goTo(at + 1);
    else if (event.key === 'ArrowLeft') goTo(at - 1);
    else if (event.key === ' ' && tagName !== 'BUTTON') play(!isPlaying);
    else return;
    event.preventDefault();
  };
