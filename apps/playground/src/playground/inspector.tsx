/** The place that is looked into: what can be done to it, what it holds, and a prompt on it. */
import { type ReactNode, useRef, useState } from 'react';
import { Console } from '../console/console';
import { PlaceActions } from '../controls/place-actions';
import { useText } from '../language';
import { PlaceTables } from '../tables/place-tables';
import styles from './playground.module.css';
import { text } from './text';
import type { WorkbenchProps } from './workbench';

export function Inspector({ store, shown }: WorkbenchProps): ReactNode {
  const words = useText(text);
  const [line, setLine] = useState('');
  const prompt = useRef<HTMLInputElement>(null);
  const { scene, selected, before, changes, walk, isWalkOld, step, isBusy } = shown;
  const { places, shape, stopped } = scene;
  const place = places.find(({ name }) => name === selected);
  if (place === undefined) return null;
  const write = (command: string) => {
    setLine(command);
    prompt.current?.focus();
  };
  return (
    <div className={styles.inspector}>
      <div className={styles.head}>
        <select
          aria-label={words.place}
          value={selected}
          onChange={({ target }) => store.select(target.value)}
        >
          {places.map(({ name }) => (
            <option key={name} value={name}>
              {changes.has(name) ? words.changedRows(changes.get(name)!.length, name) : name}
            </option>
          ))}
        </select>
        {shape && (
          <PlaceActions
            {...{ place, isBusy }}
            isStopped={stopped.includes(selected)}
            onAct={(action) => void store.act(action)}
          />
        )}
      </div>
      <PlaceTables
        place={place}
        before={before.get(selected) ?? []}
        hop={isWalkOld ? undefined : walk?.result.hops[step]}
        onDelete={write}
      />
      <Console
        place={selected}
        entries={shown.console}
        {...{ line }}
        input={prompt}
        onType={setLine}
        onRun={(command) => void store.run(command)}
      />
    </div>
  );
}
