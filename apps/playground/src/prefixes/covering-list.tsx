/** Every prefix that contains the address, shortest first; the bits of the one that is chosen are marked. */
import { familyOf, type IpPrefix, prefixLength } from '@podlan/wire';
import type { ReactNode } from 'react';
import { useText } from '../language';
import { ValueText } from './address-field';
import styles from './covering-list.module.css';
import prefixStyles from './prefixes.module.css';
import type { Look } from './table-look';
import { text } from './text';

export interface CoveringListProps {
  readonly look: Look;
  readonly marked: IpPrefix | undefined;
  readonly onMark: (prefix: IpPrefix) => void;
}

export function CoveringList({ look: { covering }, marked, onMark }: CoveringListProps): ReactNode {
  const words = useText(text);
  if (covering.length === 0) return <p className={prefixStyles.quiet}>{words.noMatch}</p>;
  return (
    <ol className={styles.covering}>
      {covering.map(({ prefix, value }, at) => (
        <li key={prefix}>
          <button type="button" aria-pressed={prefix === marked} onClick={() => onMark(prefix)}>
            <code>{prefix}</code>
            <span className={styles.bar}>
              <span
                style={{ width: `${(100 * prefixLength(prefix)) / (familyOf(prefix) === 4 ? 32 : 128)}%` }}
              />
            </span>
            <span className={styles.value}>
              <ValueText value={value} />
            </span>
            {at === covering.length - 1 && <strong>{words.longest}</strong>}
          </button>
        </li>
      ))}
    </ol>
  );
}
