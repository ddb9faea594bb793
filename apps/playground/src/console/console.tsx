/** A prompt on the place that is looked into, as a terminal has it. */
import { type KeyboardEvent, type ReactNode, type Ref, useEffect, useRef, useState } from 'react';
import { useText } from '../language';
import type { ConsoleEntry } from '../playground/playground-store';
import styles from './console.module.css';
import { historyStep } from './history';
import { text } from './text';

interface ConsoleProps {
  readonly place: string;
  readonly entries: readonly ConsoleEntry[];
  readonly line: string;
  readonly input: Ref<HTMLInputElement>;
  readonly onType: (line: string) => void;
  readonly onRun: (line: string) => void;
}

export function Console({ place, entries, line, input, onType, onRun }: ConsoleProps): ReactNode {
  const words = useText(text);
  const output = useRef<HTMLDivElement>(null);
  /** How many lines back the arrows went. */
  const [back, setBack] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever there is more
  useEffect(() => {
    if (output.current) output.current.scrollTop = output.current.scrollHeight;
  }, [entries]);
  const recall = (event: KeyboardEvent) => {
    const step = historyStep(entries, place, { back, key: event.key });
    if (step === undefined) return;
    event.preventDefault();
    setBack(step.back);
    onType(step.line);
  };
  return (
    <section className={styles.console} aria-label={words.title(place)}>
      {entries.length > 0 && (
        <div
          ref={output}
          className={styles.output}
          role="log"
          aria-label={words.output}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
          tabIndex={0}
        >
          {entries.map((entry, i) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: they are only ever added at the end
            <Entry key={i} entry={entry} />
          ))}
        </div>
      )}
      <form
        className={styles.prompt}
        onSubmit={(event) => {
          event.preventDefault();
          if (line.trim() === '') return;
          setBack(0);
          onRun(line.trim());
          onType('');
        }}
      >
        <span aria-hidden="true">{`${place} #`}</span>
        <input
          ref={input}
          aria-label={words.command(place)}
          placeholder={words.example}
          autoCapitalize="off"
          autoComplete="off"
          spellCheck={false}
          value={line}
          onChange={({ target }) => onType(target.value)}
          onKeyDown={recall}
        />
      </form>
    </section>
  );
}

const Entry = ({ entry: { at, line, output, failed } }: { readonly entry: ConsoleEntry }): ReactNode => (
  <pre>
    <span className={styles.typed}>{`${at} # ${line}`}</span>
    {output.map((text) => `\n${text}`).join('')}
    {failed !== undefined && <span className={styles.failed}>{`\n${failed}`}</span>}
  </pre>
);
