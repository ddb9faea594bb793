/** The bytes that a moment reads: where they lie, what they are, and what they say. */
import type { TrieEntry } from '@podlan/dataplane';
import type { ReactNode } from 'react';
import { useText } from '../../language';
import { entryAt, hex, type Moment } from '../walk-moments';
import styles from './stage.module.css';
import { text } from './text';

type Words = ReturnType<typeof useText<(typeof text)['en']>>;

export function ReadBytes({ moment }: { readonly moment: Exclude<Moment, { kind: 'answer' }> }): ReactNode {
  const words = useText(text);
  const { at, bytes } = moment.read;
  return (
    <dl className={styles.read}>
      <dt>
        {words.read} <span className={styles.quiet}>{words.at(hex(at))}</span>
      </dt>
      <dd className={styles.bytes}>
        {Array.from(bytes, (byte, i) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: a byte is its place
          <span key={i}>{byte.toString(16).padStart(2, '0')}</span>
        ))}
      </dd>
      <dt>{words.word}</dt>
      <dd>
        <code>{numberOf(bytes)}</code> <span>{saysOf(words, moment)}</span>
      </dd>
    </dl>
  );
}

/** Little-endian. */
const numberOf = (bytes: Uint8Array) =>
  `0x${Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0'))
    .reverse()
    .join('')}`;

function saysOf(words: Words, moment: Moment): string {
  if (moment.kind === 'cell') return words.valueNumber(moment.step.number.toLocaleString('en'));
  if (moment.kind === 'bitmap') return words.ones(moment.step.rank);
  const entry = entryAt(moment);
  return entry === undefined ? '' : entryWords(words, entry);
}

function entryWords({ leadsTo }: Words, entry: TrieEntry): string {
  if (entry.leadsTo === 'nothing') return leadsTo.nothing;
  if (entry.leadsTo === 'number') return leadsTo.number(entry.number.toLocaleString('en'));
  return leadsTo[entry.leadsTo](hex(entry.at));
}
