/** A block of code with what runs it, stops it and changes it, and with what it printed. */

import { translate } from '@docusaurus/Translate';
import useIsBrowser from '@docusaurus/useIsBrowser';
import { type KeyboardEvent, lazy, type ReactNode, Suspense, useState } from 'react';
import { RunBar } from './run-bar';
import { RunOutput } from './run-output';
import styles from './runnable-code.module.css';
import { useRun } from './use-run';

const CodeEditor = lazy(() => import(/* webpackChunkName: "runnable-editor" */ './code-editor'));

interface RunnableCodeProps {
  readonly code: string;
  /** The code as it is shown where it can't be changed. */
  readonly children: ReactNode;
}

export function RunnableCode({ code, children }: RunnableCodeProps): ReactNode {
  const isBrowser = useIsBrowser();
  /** Undefined until the reader changes it. */
  const [edited, setEdited] = useState<string>();
  const run = useRun();
  const start = () => run.start(edited ?? code);

  function onKeyDown(event: KeyboardEvent): void {
    if (event.key !== 'Enter' || !(event.ctrlKey || event.metaKey) || event.nativeEvent.isComposing) return;
    event.preventDefault();
    start();
  }

  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset is for forms
    <div
      role="group"
      aria-label={translate({ id: 'runnable.group', message: 'Code that runs in the page' })}
      className={styles.runnable}
      data-runnable={run.state?.status ?? 'idle'}
      onKeyDown={onKeyDown}
    >
      {edited === undefined ? (
        children
      ) : (
        <Suspense fallback={children}>
          <CodeEditor code={edited} onChange={setEdited} />
        </Suspense>
      )}
      <RunBar
        isReady={isBrowser}
        isEdited={edited !== undefined}
        run={run}
        onRun={start}
        onEdit={() => setEdited(code)}
        onReset={() => setEdited(undefined)}
      />
      <RunOutput printed={run.state?.printed} />
    </div>
  );
}
