/** The 64 slots of a node: where runs begin, and in which one the address's slot lies. */
import type { NodeStep } from '@podlan/dataplane';
import type { ReactNode } from 'react';
import { useText } from '../../language';
import { runStarts } from '../walk-moments';
import styles from './slot-figure.module.css';
import stageStyles from './stage.module.css';
import { text } from './text';

const SLOTS = Array.from({ length: 64 }, (_, slot) => slot);

interface FigureProps {
  readonly step: NodeStep;
}

/** The bitmap, the slot that is asked for, and the ones that are counted. */
export function SlotFigure({ bits, step }: FigureProps & { readonly bits: string }): ReactNode {
  const words = useText(text);
  const { slot, rank } = step;
  const zeros = '0'.repeat(6 - bits.length);
  return (
    <div className={stageStyles.figure}>
      <p className={stageStyles.equation}>
        <code className={stageStyles.deciding}>{bits}</code>
        {zeros !== '' && <code className={stageStyles.quiet}>{zeros}</code>}
        <span>=</span>
        <span>
          {words.slot} <b>{slot}</b>
        </span>
      </p>
      <Slots step={step} says={words.slotsOf(slot, rank)} counts />
    </div>
  );
}

/** The runs of the bitmap, and the entries, one for each. */
export function RunFigure({ step }: FigureProps): ReactNode {
  const words = useText(text);
  const { firstSlot, lastSlot, rank, runs } = step;
  const says = words.runOf(firstSlot, lastSlot, rank, runs);
  return (
    <div className={stageStyles.figure}>
      <p className={stageStyles.equation}>
        <b>{says}</b>
      </p>
      <Slots step={step} says={says} counts={false} />
      <div className={styles.entries} aria-hidden="true">
        {runStarts(step).map((start, i) => (
          <span key={start} className={i + 1 === rank ? styles.own : undefined}>
            {i + 1}
          </span>
        ))}
      </div>
    </div>
  );
}

interface SlotsProps extends FigureProps {
  readonly says: string;
  /** Whether the ones up to the slot are numbered; otherwise the slot's run is marked. */
  readonly counts: boolean;
}

function Slots({ step, says, counts }: SlotsProps): ReactNode {
  const starts = runStarts(step);
  return (
    <div role="img" aria-label={says} className={styles.slots}>
      {SLOTS.map((slot) => {
        const run = starts.findLastIndex((start) => start <= slot);
        const begins = starts[run] === slot;
        const classes = [
          begins && styles.begins,
          run % 2 === 1 && styles.odd,
          slot === step.slot && styles.asked,
          counts && begins && slot <= step.slot && styles.counted,
          !counts && run + 1 === step.rank && styles.own,
        ];
        return (
          <span key={slot} className={classes.filter(Boolean).join(' ')}>
            {begins ? 1 : 0}
          </span>
        );
      })}
    </div>
  );
}
