/** The lookup on a stage: its moments in a row, and the one that is looked at drawn below. */
import type { ReactNode } from 'react';
import { useText } from '../../language';
import { stepKeys, usePlaying } from '../../walk/playing';
import { StepControls } from '../../walk/step-controls';
import walkStyles from '../../walk/walk.module.css';
import type { Look } from '../table-look';
import type { Moment } from '../walk-moments';
import { MomentRail } from './moment-rail';
import { MomentView } from './moment-view';
import styles from './stage.module.css';
import { text } from './text';

export interface LookupStageProps {
  readonly look: Look;
  readonly moments: readonly Moment[];
  /** Which moment is looked at. */
  readonly at: number;
  readonly onMoment: (at: number) => void;
}

export function LookupStage({ look, moments, at, onMoment }: LookupStageProps): ReactNode {
  const words = useText(text);
  const playing = usePlaying(at, moments.length, onMoment);
  const { bytesRead, cacheLines, steps } = look.walk;
  const reads = steps.reduce((sum, step) => sum + step.reads.length, 0);
  return (
    <section className={walkStyles.walk} aria-label={words.walk} onKeyDown={stepKeys(playing)}>
      <div className={styles.heading}>
        <h2>{words.walk}</h2>
        <span>{words.summary(reads, bytesRead, cacheLines)}</span>
      </div>
      <StepControls label={words.walk} playing={playing} />
      <MomentRail moments={moments} at={at} onMoment={playing.goTo} />
      <MomentView look={look} moment={moments[at]!} />
    </section>
  );
}
