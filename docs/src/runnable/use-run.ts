/** The runs of one block, as a component sees them. */

import { useCallback, useEffect, useRef, useState } from 'react';
import type { RunState } from './session';

export interface Run {
  /** Undefined before the first. */
  readonly state: RunState | undefined;
  readonly isGoing: boolean;
  start(code: string): void;
  stop(): void;
}

const LOADING: RunState = { status: 'loading', printed: [] };

const failure = (error: unknown): RunState => ({
  status: 'failed',
  printed: [{ stream: 'error', text: String(error) }],
});

export function useRun(): Run {
  const [state, setState] = useState<RunState>();
  const stopRun = useRef<(() => void) | undefined>(undefined);

  const stop = useCallback(() => stopRun.current?.(), []);
  useEffect(() => stop, [stop]);

  const start = useCallback(
    (code: string) => {
      stop();
      let isStopped = false;
      stopRun.current = () => {
        isStopped = true;
        setState({ ...LOADING, status: 'stopped' });
      };
      setState(LOADING);
      import(/* webpackChunkName: "runnable-session" */ './session')
        .then(({ startRun }) => {
          if (!isStopped) stopRun.current = startRun(code, setState);
        })
        .catch((error: unknown) => {
          if (!isStopped) setState(failure(error));
        });
    },
    [stop],
  );

  const isGoing = state?.status === 'loading' || state?.status === 'running';
  return { state, isGoing, start, stop };
}
