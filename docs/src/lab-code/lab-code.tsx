/** Commands of a lab, with a button that plays them in the page on a simulated one. */

import Translate from '@docusaurus/Translate';
import useBaseUrl from '@docusaurus/useBaseUrl';
import useIsBrowser from '@docusaurus/useIsBrowser';
import { type ReactNode, useState } from 'react';
import { browserApp } from '../browser-app';
import styles from './lab-code.module.css';

const LabScript = browserApp(() => import('@podlan/playground/lab-script'));

interface LabCodeProps {
  readonly code: string;
  /** The commands as they are shown. */
  readonly children: ReactNode;
}

export function LabCode({ code, children }: LabCodeProps): ReactNode {
  const isBrowser = useIsBrowser();
  const playground = useBaseUrl('/playground');
  const [isOpen, setOpen] = useState(false);
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
          <LabScript code={code} playground={playground} />
        </div>
      )}
    </div>
  );
}
