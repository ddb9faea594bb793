/** Steps that play by themselves until the last, or until somebody stops them; and the keys that do the same. */
import { type KeyboardEvent, useEffect, useState } from 'react';

const MS_PER_STEP = 900;

export interface Playing {
  /** Which step is looked at, and how many there are. */
  readonly at: number;
  readonly count: number;
  readonly goTo: (step: number) => void;
  readonly isPlaying: boolean;
  readonly play: (plays: boolean) => void;
}

export function usePlaying(at: number, count: number, onStep: (step: number) => void): Playing {
  const [isPlaying, setPlaying] = useState(false);
  const goTo = (step: number) => onStep(Math.min(Math.max(step, 0), count - 1));
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
  return { at, count, goTo, isPlaying, play };
}

/** Whatever has the focus keeps the keys that it needs itself. */
export const stepKeys =
  ({ at, goTo, isPlaying, play }: Playing) =>
  (event: KeyboardEvent<HTMLElement>): void => {
    const { tagName } = event.target as HTMLElement;
    if (tagName === 'INPUT') return;
    if (event.key === 'ArrowRight') goTo(at + 1);
    else if (event.key === 'ArrowLeft') goTo(at - 1);
    else if (event.key === ' ' && tagName !== 'BUTTON') play(!isPlaying);
    else return;
    event.preventDefault();
  };
