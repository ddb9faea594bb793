/** What came of the last action, for eyes and for screen readers. */
import type { ReactNode } from 'react';
import { useText } from '../language';
import styles from './playground.module.css';
import type { Said } from './playground-store';
import { text } from './text';

export function Announcement({ said }: { readonly said: Said | undefined }): ReactNode {
  const words = useText(text);
  if (said !== undefined && 'failed' in said)
    return (
      <p role="alert" className={styles.failed}>
        {words.failed(said.failed)}
      </p>
    );
  const changed = [...(said?.changes ?? [])].map(([place, rows]) => words.changedRows(rows.length, place));
  return (
    <p role="status" className={styles.said}>
      {said && words.did[said.did]} {changed.length > 0 && words.changed(changed)}
    </p>
  );
}
