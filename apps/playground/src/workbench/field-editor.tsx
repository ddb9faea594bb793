/** One field as text to change; what is refused is said below it. */
import type { DissectedField } from '@podlan/wire';
import { type ReactNode, useEffect, useRef, useState } from 'react';
import { useText } from '../language';
import { Problem } from './problem';
import { text } from './text';
import styles from './workbench.module.css';

interface FieldEditorProps {
  readonly field: DissectedField;
  /** Throws what is wrong with the text. */
  readonly onSet: (value: string) => void;
  readonly onCancel: () => void;
}

export function FieldEditor({ field, onSet, onCancel }: FieldEditorProps): ReactNode {
  const words = useText(text);
  const [value, setValue] = useState(
    `${typeof field.value === 'boolean' ? Number(field.value) : field.value}`,
  );
  const [problem, setProblem] = useState<string>();
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => input.current?.select(), []);
  const set = () => {
    try {
      onSet(value);
    } catch (error) {
      setProblem((error as Error).message);
    }
  };
  return (
    <form
      className={styles.editor}
      onSubmit={(event) => {
        event.preventDefault();
        set();
      }}
      onKeyDown={({ key }) => key === 'Escape' && onCancel()}
    >
      <label>
        {field.name}
        <input
          ref={input}
          value={value}
          spellCheck={false}
          aria-invalid={problem !== undefined}
          onChange={({ target }) => setValue(target.value)}
        />
      </label>
      <button type="submit">{words.set}</button>
      <button type="button" onClick={onCancel}>
        {words.cancel}
      </button>
      {field.rfc && <span className={styles.quiet}>{field.rfc}</span>}
      <Problem problem={problem} />
    </form>
  );
}
