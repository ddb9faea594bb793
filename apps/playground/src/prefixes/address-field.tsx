/** The address to look up, with some to try, and what was found. */
import { type IpAddress, parseIpAddress } from '@podlan/wire';
import { type ReactNode, useId } from 'react';
import { useText } from '../language';
import styles from './address-field.module.css';
import prefixStyles from './prefixes.module.css';
import { type Look, longestOf, type Value } from './table-look';
import { text } from './text';

export interface AddressFieldProps {
  readonly value: string;
  readonly samples: readonly string[];
  readonly look: Look | undefined;
  readonly onChange: (value: string) => void;
}

export const addressIn = (text: string): IpAddress | undefined => parseIpAddress(text.trim());

export function AddressField({ value, samples, look, onChange }: AddressFieldProps): ReactNode {
  const words = useText(text);
  const id = useId();
  const isBad = addressIn(value) === undefined;
  return (
    <div className={styles.address}>
      <label htmlFor={id}>{words.address}</label>
      <input
        id={id}
        value={value}
        spellCheck={false}
        autoCapitalize="off"
        autoComplete="off"
        aria-invalid={isBad}
        aria-describedby={`${id}-found`}
        onChange={({ target }) => onChange(target.value)}
      />
      <div className={styles.samples}>
        <span className={styles.try}>{words.try}</span>
        {samples.map((sample) => (
          <button key={sample} type="button" aria-pressed={sample === value} onClick={() => onChange(sample)}>
            {sample}
          </button>
        ))}
      </div>
      <output id={`${id}-found`} className={styles.found}>
        {isBad ? (
          <span className={prefixStyles.bad}>
            {words.badAddress(value.trim() === '' ? '""' : value.trim())}
          </span>
        ) : (
          <Found look={look} />
        )}
      </output>
    </div>
  );
}

function Found({ look }: { readonly look: Look | undefined }): ReactNode {
  const words = useText(text);
  if (look === undefined) return words.waiting;
  const longest = longestOf(look);
  if (longest === undefined) return words.noMatch;
  return (
    <>
      <span aria-hidden="true">→ </span>
      <strong>
        <ValueText value={longest.value} />
      </strong>{' '}
      {words.by(longest.prefix)}
    </>
  );
}

export function ValueText({ value }: { readonly value: Value }): ReactNode {
  const words = useText(text);
  if (typeof value === 'number') return words.nextHop(value);
  return value === '' ? <i>{words.noValue}</i> : value;
}
