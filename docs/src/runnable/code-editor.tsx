/** An editor of few lines: a field without colours of its own, over the same text in colours. */

import Translate, { translate } from '@docusaurus/Translate';
import { usePrismTheme } from '@docusaurus/theme-common';
import { Highlight } from 'prism-react-renderer';
import { type KeyboardEvent, type ReactNode, useEffect, useId, useRef } from 'react';
import styles from './code-editor.module.css';

const INDENT = '  ';

interface CodeEditorProps {
  readonly code: string;
  onChange(code: string): void;
}

/** As if it were typed, so that the browser's undo knows of it. */
const type = (text: string) => document.execCommand('insertText', false, text);

const indentBefore = ({ value, selectionStart }: HTMLTextAreaElement): string => {
  const line = value.slice(value.lastIndexOf('\n', selectionStart - 1) + 1, selectionStart);
  return /^\s*/.exec(line)![0];
};

export default function CodeEditor({ code, onChange }: CodeEditorProps): ReactNode {
  const hint = useId();
  const field = useRef<HTMLTextAreaElement>(null);
  /** After Escape, Tab goes on to what follows the editor. */
  const isLeaving = useRef(false);

  useEffect(() => field.current?.focus({ preventScroll: true }), []);

  function onKeyDown(event: KeyboardEvent<HTMLTextAreaElement>): void {
    const { key, shiftKey, ctrlKey, metaKey, altKey, nativeEvent, currentTarget } = event;
    if (nativeEvent.isComposing || ctrlKey || metaKey || altKey) return;
    const isTab = key === 'Tab' && !shiftKey && !isLeaving.current;
    if (key !== 'Shift') isLeaving.current = key === 'Escape';
    const isIndented = key === 'Enter' && indentBefore(currentTarget) !== '';
    if (!isTab && !isIndented) return;
    event.preventDefault();
    type(isTab ? INDENT : `\n${indentBefore(currentTarget)}`);
  }

  return (
    <div className={`theme-code-block ${styles.editor}`}>
      <div className={styles.layers}>
        <Colours code={code} />
        <textarea
          ref={field}
          className={styles.field}
          value={code}
          onChange={({ target }) => onChange(target.value)}
          onKeyDown={onKeyDown}
          aria-label={translate({ id: 'runnable.code', message: 'Code' })}
          aria-describedby={hint}
          wrap="off"
          rows={1}
          spellCheck={false}
          autoCapitalize="off"
          autoComplete="off"
          autoCorrect="off"
        />
      </div>
      <p id={hint} className={styles.hint}>
        <Translate id="runnable.keys">
          Ctrl or Cmd + Enter runs it; Escape, then Tab leaves the editor.
        </Translate>
      </p>
    </div>
  );
}

function Colours({ code }: { readonly code: string }): ReactNode {
  return (
    <Highlight theme={usePrismTheme()} code={code} language="js">
      {({ tokens: lines, getLineProps, getTokenProps }) => (
        <pre aria-hidden="true" className={styles.colours}>
          {lines.map((line, index) => (
            // biome-ignore lint/suspicious/noArrayIndexKey: a line has nothing but its number
            <div key={index} {...getLineProps({ line })}>
              {line.map((token, place) => (
                // biome-ignore lint/suspicious/noArrayIndexKey: nor has a token
                <span key={place} {...getTokenProps({ token })} />
              ))}
            </div>
          ))}
        </pre>
      )}
    </Highlight>
  );
}
