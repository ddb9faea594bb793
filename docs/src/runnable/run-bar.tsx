/** The buttons below code that runs, and how far its run is. */

import Translate from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import styles from './runnable-code.module.css';
import type { Status } from './session';
import type { Run } from './use-run';

interface RunBarProps {
  readonly isReady: boolean;
  readonly isEdited: boolean;
  readonly run: Run;
  onRun(): void;
  onEdit(): void;
  onReset(): void;
}

const STATUS: Record<Status, ReactNode> = {
  loading: <Translate id="runnable.loading">Loading …</Translate>,
  running: <Translate id="runnable.running">Running …</Translate>,
  done: <Translate id="runnable.done">Done</Translate>,
  failed: <Translate id="runnable.failed">Ended with an error</Translate>,
  stopped: <Translate id="runnable.stopped">Stopped</Translate>,
  'timed-out': <Translate id="runnable.timedOut">Stopped, since it took too long</Translate>,
  'too-much': <Translate id="runnable.tooMuch">Stopped, since it printed too much</Translate>,
};

const Play = () => (
  <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
    <path d="M1.5 0.5 L9 5 L1.5 9.5 Z" fill="currentColor" />
  </svg>
);

const Square = () => (
  <svg viewBox="0 0 10 10" width="10" height="10" aria-hidden="true">
    <rect x="1" y="1" width="8" height="8" rx="1" fill="currentColor" />
  </svg>
);

export function RunBar({ isReady, isEdited, run, onRun, onEdit, onReset }: RunBarProps): ReactNode {
  return (
    <div className={styles.bar}>
      {run.isGoing ? (
        <button type="button" className={styles.button} onClick={run.stop}>
          <Square />
          <Translate id="runnable.stop">Stop</Translate>
        </button>
      ) : (
        <button
          type="button"
          className={`${styles.button} ${styles.run}`}
          disabled={!isReady}
          onClick={onRun}
        >
          <Play />
          <Translate id="runnable.run">Run</Translate>
        </button>
      )}
      <button
        type="button"
        className={styles.button}
        disabled={!isReady}
        onClick={isEdited ? onReset : onEdit}
      >
        {isEdited ? (
          <Translate id="runnable.reset">Reset</Translate>
        ) : (
          <Translate id="runnable.edit">Edit</Translate>
        )}
      </button>
      <span className={styles.status} role="status">
        {run.state && STATUS[run.state.status]}
      </span>
    </div>
  );
}
