/** What can be done to the place that is looked into. */
import type { ReactNode } from 'react';
import { isCut } from '../diagram/place-summary';
import { useText } from '../language';
import type { PlaceView } from '../scene/scene-view';
import type { Action } from '../state/playground-state';
import styles from './controls.module.css';
import { text } from './text';

interface PlaceActionsProps {
  readonly place: PlaceView;
  readonly isStopped: boolean;
  readonly isBusy: boolean;
  readonly onAct: (action: Action) => void;
}

export function PlaceActions({ place, isStopped, isBusy, onAct }: PlaceActionsProps): ReactNode {
  const words = useText(text);
  const actions = actionsOf(place, isStopped);
  if (actions.length === 0) return null;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset has a look of its own
    <div className={styles.group} role="group" aria-label={words.place(place.name)}>
      {actions.map(([word, action]) => (
        <button key={word} type="button" aria-disabled={isBusy} onClick={() => isBusy || onAct(action)}>
          {words[word]}
        </button>
      ))}
    </div>
  );
}

type Word = 'addPod' | 'removePod' | 'leave' | 'cut' | 'mend' | 'killAgent' | 'startAgent';

function actionsOf(place: PlaceView, isStopped: boolean): [Word, Action][] {
  const { name, kind } = place;
  if (kind === 'pod') return [['removePod', { do: 'remove-pod', pod: name }]];
  if (kind === 'router') return [];
  return [
    ['addPod', { do: 'add-pod', host: name }],
    isCut(place) ? ['mend', { do: 'mend', host: name }] : ['cut', { do: 'cut', host: name }],
    isStopped
      ? ['startAgent', { do: 'start-agent', host: name }]
      : ['killAgent', { do: 'kill-agent', host: name }],
    ['leave', { do: 'leave', host: name }],
  ];
}
