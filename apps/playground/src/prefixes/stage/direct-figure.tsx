/** The direct table as a band, and where in it the entry lies. */
import type { DirectStep } from '@podlan/dataplane';
import type { ReactNode } from 'react';
import { useText } from '../../language';
import styles from './stage.module.css';
import { text } from './text';

interface DirectFigureProps {
  readonly bits: string;
  readonly step: DirectStep;
}

export function DirectFigure({ bits, step: { index } }: DirectFigureProps): ReactNode {
  const words = useText(text);
  const count = 2 ** bits.length;
  const place = (100 * index) / count;
  return (
    <div className={styles.figure}>
      <p className={styles.equation}>
        <code className={styles.deciding}>{bits}</code>
        <span>=</span>
        <span>
          {words.index} <b>{index.toLocaleString('en')}</b>
        </span>
      </p>
      <div
        role="img"
        aria-label={words.indexOf(index.toLocaleString('en'), count.toLocaleString('en'))}
        className={styles.band}
      >
        <span className={styles.tick} style={{ left: `${place}%` }} />
      </div>
      <p className={styles.scale} aria-hidden="true">
        <span>0</span>
        <span>{(count - 1).toLocaleString('en')}</span>
      </p>
    </div>
  );
}
