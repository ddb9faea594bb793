/** What was refused, in the words of whatever refused it. */
import type { ReactNode } from 'react';
import styles from './workbench.module.css';

export function Problem({ problem }: { readonly problem: string | undefined }): ReactNode {
  return (
    <p role="alert" className={styles.bad}>
      {problem}
    </p>
  );
}
