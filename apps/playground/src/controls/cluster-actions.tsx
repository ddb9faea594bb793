/** What can be done to a cluster as a whole. */
import { type ReactNode, useState } from 'react';
import { useText } from '../language';
import type { Action, ClusterShape } from '../state/playground-state';
import styles from './controls.module.css';
import { text } from './text';

interface ClusterActionsProps {
  readonly shape: ClusterShape;
  readonly isBusy: boolean;
  readonly onAct: (action: Action) => void;
}

/** Long enough for a neighbor entry to grow stale, and for an agent to look after its rows once. */
const USUAL_WAIT_S = 30;

export function ClusterActions({ shape, isBusy, onAct }: ClusterActionsProps): ReactNode {
  const words = useText(text);
  const [dataplane, setDataplane] = useState(shape.dataplane);
  const [seconds, setSeconds] = useState(USUAL_WAIT_S);
  const hasChoice = shape.backend === 'vxlan';
  const join: Action = { do: 'join', ...(hasChoice && dataplane !== shape.dataplane && { dataplane }) };
  const act = (action: Action) => isBusy || onAct(action);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a look of its own
    <div className={styles.group} role="group" aria-label={words.cluster}>
      <span className={styles.joined}>
        <button type="button" aria-disabled={isBusy} onClick={() => act(join)}>
          {words.addHost}
        </button>
        {hasChoice && (
          <select
            aria-label={words.dataplane}
            value={dataplane}
            onChange={({ target }) => setDataplane(target.value as ClusterShape['dataplane'])}
          >
            <option value="wasm">{words.dataplanes.wasm}</option>
            <option value="kernel">{words.dataplanes.kernel}</option>
          </select>
        )}
      </span>
      <span className={styles.joined}>
        <button type="button" aria-disabled={isBusy} onClick={() => act({ do: 'wait', seconds })}>
          {words.wait}
        </button>
        <select
          aria-label={words.seconds}
          value={seconds}
          onChange={({ target }) => setSeconds(Number(target.value))}
        >
          {[1, 10, USUAL_WAIT_S, 60, 600].map((one) => (
            <option key={one} value={one}>{`${one} s`}</option>
          ))}
        </select>
      </span>
    </div>
  );
}
