/** What table to generate, how far it is, and how to stop it. */
import { type FormEvent, type ReactNode, useId, useState } from 'react';
import { useText } from '../../language';
import prefixStyles from '../prefixes.module.css';
import { text as prefixText } from '../text';
import type { LargeTable, LargeTableState } from './large-table';
import styles from './large-table.module.css';
import type { GeneratorSettings } from './prefix-generator';
import { text } from './text';

const SIZES = [10_000, 100_000, 1_000_000];
const LARGEST_SEED = 2 ** 32 - 1;
const FIRST: GeneratorSettings = { family: 4, size: 1_000_000, seed: 1 };

const isSeed = (seed: number) => Number.isInteger(seed) && seed >= 0 && seed <= LARGEST_SEED;

export function TableLoader({ table }: { readonly table: LargeTable }): ReactNode {
  const words = useText(text);
  const [settings, setSettings] = useState(FIRST);
  const [seed, setSeed] = useState(String(FIRST.seed));
  const seedNumber = seed.trim() === '' ? Number.NaN : Number(seed);
  const id = useId();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    if (isSeed(seedNumber)) table.load({ ...settings, seed: seedNumber });
  };
  return (
    <form className={styles.loader} onSubmit={submit}>
      <p className={prefixStyles.quiet}>{words.settings}</p>
      <fieldset className={styles.families}>
        <legend>{words.family}</legend>
        {([4, 6] as const).map((family) => (
          <label key={family}>
            <input
              type="radio"
              name={`${id}-family`}
              checked={settings.family === family}
              onChange={() => setSettings({ ...settings, family })}
            />
            IPv{family}
          </label>
        ))}
      </fieldset>
      <label>
        <span>{words.size}</span>
        <select
          value={settings.size}
          onChange={({ target }) => setSettings({ ...settings, size: Number(target.value) })}
        >
          {SIZES.map((size) => (
            <option key={size} value={size}>
              {size.toLocaleString('en')}
            </option>
          ))}
        </select>
      </label>
      <label>
        <span>{words.seed}</span>
        <input
          inputMode="numeric"
          size={10}
          value={seed}
          aria-invalid={!isSeed(seedNumber)}
          aria-describedby={`${id}-seed`}
          onChange={({ target }) => setSeed(target.value)}
        />
      </label>
      <p id={`${id}-seed`} className={prefixStyles.bad}>
        {isSeed(seedNumber) ? '' : words.badSeed}
      </p>
      {table.state.is === 'loading' ? (
        <button type="button" key="cancel" onClick={table.cancel}>
          {words.cancel}
        </button>
      ) : (
        <button type="submit" key="load" className={prefixStyles.primary}>
          {words.load(settings.size)}
        </button>
      )}
      <LoaderState state={table.state} />
    </form>
  );
}

function LoaderState({ state }: { readonly state: LargeTableState }): ReactNode {
  const words = useText(text);
  const { failed } = useText(prefixText);
  switch (state.is) {
    case 'nothing':
      return <p role="status">{state.cancelled ? words.cancelled : words.nothing}</p>;
    case 'failed':
      return (
        <p role="alert" className={prefixStyles.bad}>
          {failed(state.message)}
        </p>
      );
    case 'loading':
      return (
        <div className={styles.progress}>
          <progress aria-label={words.progress} max={state.settings.size} value={state.placed} />
          <span>{words.loading(state.placed, state.settings.size)}</span>
        </div>
      );
    case 'loaded': {
      const { settings, milliseconds } = state.loaded;
      return <p role="status">{words.loaded(settings.size, (milliseconds / 1000).toFixed(1))}</p>;
    }
  }
}
