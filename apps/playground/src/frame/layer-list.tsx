/** The layers of a packet with their fields: one field at a time has the focus, and the arrows move it. */
import type { ByteChange } from '@podlan/simulator';
import type { DissectedField, DissectedLayer } from '@podlan/wire';
import { type KeyboardEvent, type ReactNode, useRef } from 'react';
import { useText } from '../language';
import type { FieldPlace } from './frame-layers';
import styles from './frame-view.module.css';
import { text } from './text';

interface LayerListProps {
  readonly layers: readonly DissectedLayer[];
  readonly changes: readonly ByteChange[];
  readonly chosen: FieldPlace | undefined;
  readonly onChoose: (place: FieldPlace | undefined) => void;
  readonly onPick: ((field: DissectedField) => void) | undefined;
}

const STEPS: Readonly<Record<string, number>> = { ArrowDown: 1, ArrowUp: -1 };

export function LayerList({ layers, changes, chosen, onChoose, onPick }: LayerListProps): ReactNode {
  const words = useText(text);
  const list = useRef<HTMLDivElement>(null);
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (step === undefined) return;
    const rows = [...(list.current?.querySelectorAll<HTMLElement>('[data-field]') ?? [])];
    const at = rows.indexOf(document.activeElement as HTMLElement);
    rows[at + step]?.focus();
    event.preventDefault();
    event.stopPropagation();
  };
  const focusable = chosen ?? { layer: 0, field: 0 };
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: its fields are what is focused; the keys are those of a list
    <div ref={list} className={styles.layers} title={words.howTo} onKeyDown={move}>
      {layers.map((layer, i) => (
        <section
          key={`${layer.protocol} ${layer.offset}`}
          className={styles.layer}
          aria-label={layer.summary}
        >
          <header className={i % 2 === 0 ? styles.evenTitle : styles.oddTitle}>
            <span>{titleOf(layer)}</span>
            <small>{words.length(lengthOf(layers, i))}</small>
          </header>
          {layer.problems.map((problem) => (
            <p key={problem} className={styles.problem}>
              {problem}
            </p>
          ))}
          <ul>
            {layer.fields.map((field, j) => (
              <li key={`${field.name} ${field.offset}`}>
                <button
                  type="button"
                  data-field
                  aria-pressed={isAt(chosen, i, j)}
                  tabIndex={isAt(focusable, i, j) ? 0 : -1}
                  className={[styles.field, isAt(chosen, i, j) && styles.chosen].filter(Boolean).join(' ')}
                  onMouseEnter={() => onChoose({ layer: i, field: j })}
                  onFocus={() => onChoose({ layer: i, field: j })}
                  onClick={() => onPick?.(field)}
                >
                  <span className={styles.name}>{field.name}</span>
                  <Value field={field} />
                  <Change change={changeOf(field, changes)} />
                </button>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function Value({ field: { value, note } }: { readonly field: DissectedField }): ReactNode {
  const words = useText(text);
  const shown = typeof value === 'boolean' ? (value ? words.yes : words.no) : `${value}`;
  return (
    <span className={styles.value}>
      {shown.length > 40 ? `${shown.slice(0, 40)}…` : shown}
      {note !== undefined && <small> {note}</small>}
    </span>
  );
}

function Change({ change }: { readonly change: ByteChange }): ReactNode {
  const words = useText(text);
  if (change === 'same') return null;
  return (
    <span className={change === 'new' ? styles.newSign : styles.changedSign}>
      {change === 'new' ? words.new : words.changed}
    </span>
  );
}

const isAt = (place: FieldPlace | undefined, layer: number, field: number): boolean =>
  place?.layer === layer && place.field === field;

/** What any of its bytes is. */
function changeOf({ offset, length }: DissectedField, changes: readonly ByteChange[]): ByteChange {
  const own = changes.slice(offset, offset + length);
  return own.find((change) => change !== 'same') ?? 'same';
}

const titleOf = ({ protocol, summary }: DissectedLayer): string =>
  protocol === 'ethernet' ? `Ethernet ${summary}` : summary;

/** Of the header; of the last layer everything. */
const lengthOf = (layers: readonly DissectedLayer[], i: number): number =>
  layers[i + 1] === undefined ? layers[i]!.length : layers[i + 1]!.offset - layers[i]!.offset;
