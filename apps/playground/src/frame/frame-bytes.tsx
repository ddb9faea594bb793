/** The bytes of a packet in hexadecimal, sixteen in a row. */
import type { ByteChange } from '@podlan/simulator';
import type { DissectedField, DissectedLayer } from '@podlan/wire';
import type { ReactNode } from 'react';
import { useText } from '../language';
import { covers, layerAt } from './frame-layers';
import styles from './frame-view.module.css';
import { text } from './text';

const PER_ROW = 16;

interface FrameBytesProps {
  readonly bytes: Uint8Array;
  readonly layers: readonly DissectedLayer[];
  readonly changes: readonly ByteChange[];
  readonly field: DissectedField | undefined;
  readonly onPoint: (at: number) => void;
}

export function FrameBytes({ bytes, layers, changes, field, onPoint }: FrameBytesProps): ReactNode {
  const words = useText(text);
  const rows = Array.from({ length: Math.ceil(bytes.length / PER_ROW) }, (_, row) => row * PER_ROW);
  return (
    // biome-ignore lint/a11y/useKeyWithMouseEvents: the list of layers has it for the keyboard
    <section
      className={styles.bytes}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
      aria-label={words.bytes}
      onMouseOver={({ target }) => {
        const at = (target as HTMLElement).dataset.at;
        if (at !== undefined) onPoint(Number(at));
      }}
    >
      {rows.map((from) => (
        <div key={from} className={styles.row}>
          <span className={styles.offset}>{from.toString(16).padStart(4, '0')}</span>
          {Array.from(bytes.subarray(from, from + PER_ROW), (byte, i) => {
            const at = from + i;
            const classes = [
              styles.byte,
              layerAt(layers, at) % 2 === 0 ? styles.even : styles.odd,
              changes[at] === 'changed' && styles.changed,
              changes[at] === 'new' && styles.new,
              field && covers(field, at) && styles.chosen,
            ];
            return (
              <span key={at} data-at={at} className={classes.filter(Boolean).join(' ')}>
                {byte.toString(16).padStart(2, '0')}
              </span>
            );
          })}
        </div>
      ))}
    </section>
  );
}
