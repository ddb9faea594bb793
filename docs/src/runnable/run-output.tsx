/** What a run printed. */

import Translate, { translate } from '@docusaurus/Translate';
import type { ReactNode } from 'react';
import type { Printed } from './messages';
import styles from './runnable-code.module.css';

function Line({ stream, text, line }: Printed): ReactNode {
  return (
    <span className={styles[stream]} data-stream={stream}>
      {stream === 'error' && line !== undefined && (
        <span className={styles.place}>
          <Translate id="runnable.line" values={{ line }}>
            {'line {line}'}
          </Translate>{' '}
        </span>
      )}
      {`${text}\n`}
    </span>
  );
}

/** The region is there before there is anything in it: what comes into it later is read out. */
export function RunOutput({ printed = [] }: { readonly printed: readonly Printed[] | undefined }): ReactNode {
  return (
    <div aria-live="polite">
      {printed.length > 0 && (
        <section
          className={styles.output}
          // biome-ignore lint/a11y/noNoninteractiveTabindex: long output scrolls, by the keyboard too
          tabIndex={0}
          aria-label={translate({ id: 'runnable.output', message: 'Output' })}
        >
          <pre>
            {printed.map((one, index) => (
              // biome-ignore lint/suspicious/noArrayIndexKey: lines are only added
              <Line key={index} {...one} />
            ))}
          </pre>
        </section>
      )}
    </div>
  );
}
