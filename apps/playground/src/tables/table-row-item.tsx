/** A row of a table, with the sign of what became of it. */
import type { ReactNode } from 'react';
import { useText } from '../language';
import type { PlaceRow } from '../scene/place-rows';
import type { ChangedRow, RowChange } from '../scene/row-changes';
import { deletingCommand } from './deleting-command';
import styles from './tables.module.css';
import { text } from './text';

interface TableRowItemProps {
  readonly row: ChangedRow<PlaceRow>;
  readonly isDecided: boolean;
  readonly onDelete: (command: string) => void;
}

const SIGNS: Readonly<Record<RowChange, string>> = { added: '+', changed: '~', removed: '−' };

export function TableRowItem({ row, isDecided, onDelete }: TableRowItemProps): ReactNode {
  const words = useText(text);
  const { change } = row;
  const command = change === 'removed' ? undefined : deletingCommand(row);
  return (
    <li className={styles.row} data-change={change} data-decided={isDecided} data-key={row.key}>
      <span className={styles.sign}>
        {change && (
          <span role="img" aria-label={words.changes[change]} title={words.changes[change]}>
            {SIGNS[change]}
          </span>
        )}
      </span>
      <code>{row.text}</code>
      {isDecided && <span className={styles.decided}>{words.decided}</span>}
      {command !== undefined && (
        <button
          type="button"
          className={styles.remove}
          aria-label={words.removeHow(row.text)}
          onClick={() => onDelete(command)}
        >
          {words.remove}
        </button>
      )}
    </li>
  );
}
