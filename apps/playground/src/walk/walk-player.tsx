/** A packet's way to be stepped through: played, paused, forwards and back. */
import { type ReactNode, useMemo, useState } from 'react';
import { useText } from '../language';
import type { Walk } from '../scene/scene';
import { CaptureButton } from './capture-button';
import { HopDetail } from './hop-detail';
import { stepKeys, usePlaying } from './playing';
import { StepControls } from './step-controls';
import { StepList } from './step-list';
import { text } from './text';
import styles from './walk.module.css';
import { WalkOutcome } from './walk-outcome';
import { stepAt, stepsOf } from './walk-steps';

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
  const playing = usePlaying(at, steps.length, (next) => {
    const hop = steps[next];
    if (hop !== undefined) onStep(hop);
  });
  const hop = hops[steps[at] ?? 0];
  return (
    <section className={styles.walk} aria-label={words.way} onKeyDown={stepKeys(playing)}>
      <WalkOutcome walk={walk} />
      {hop !== undefined && (
        <>
          <StepControls label={words.way} playing={playing} />
          <div className={styles.panes}>
            <StepList hops={hops} steps={steps} at={at} onStep={playing.goTo} />
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
