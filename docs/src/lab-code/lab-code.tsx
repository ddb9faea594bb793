/** Commands of a lab, with a button that plays them in the page on a simulated one. */

import Translate from '@docusaurus/Translate';
import useBaseUrl from '@docusaurus/useBaseUrl';
import useDocusaurusContext from '@docusaurus/useDocusaurusContext';
import useIsBrowser from '@docusaurus/useIsBrowser';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import styles from './lab-code.module.css';

const LabScript = lazy(() => import('@podlan/playground/lab-script'));

interface LabCodeProps {
  readonly code: string;
  /** The commands as they are shown. */
  readonly children: ReactNode;
}

export function LabCode({ code, children }: LabCodeProps): ReactNode {
  const isBrowser = useIsBrowser();
  const { currentLocale } = useDocusaurusContext().i18n;
  const playground = useBaseUrl('/playground');
  const [isOpen, setOpen] = useState(false);
  const waiting = (
    <p role="status">
      <Translate id="app.loading">Loading …</Translate>
    </p>
  );
  return (
    <div className={styles.lab} data-lab-code>
      {children}
      <button
        type="button"
        className={styles.button}
        disabled={!isBrowser}
        aria-expanded={isOpen}
        onClick={() => setOpen(!isOpen)}
      >
        {isOpen ? (
          <Translate id="lab.close">Close</Translate>
        ) : (
          <Translate id="lab.play">Watch it in the page</Translate>
        )}
      </button>
      {isOpen && (
        <div className={styles.stage}>
          <Suspense fallback={waiting}>
            <LabScript
              language={currentLocale === 'en' ? 'en' : 'zh-Hans'}
              code={code}
              playground={playground}
            />
          </Suspense>
        </div>
      )}
    </div>
  );
}
