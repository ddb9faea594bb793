/** Everything that a place has, table by table: what the last action changed, and what decided the hop that is looked at. */
import { decidingRow, type Hop } from '@podlan/simulator';
import { type ReactNode, useEffect, useMemo, useRef } from 'react';
import { useText } from '../language';
import { type PlaceRow, placeRows } from '../scene/place-rows';
import { type ChangedRow, withChanges } from '../scene/row-changes';
import type { PlaceView } from '../scene/scene-view';
import { TableRowItem } from './table-row-item';
import styles from './tables.module.css';
import { text } from './text';

export interface PlaceTablesProps {
  readonly place: PlaceView;
  /** Its rows before the last action. */
  readonly before: readonly PlaceRow[];
  /** That is looked at, wherever it happens. */
  readonly hop: Hop | undefined;
  /** Asked for a command that deletes a row. */
  readonly onDelete: (command: string) => void;
}

/** Looked at by few: open where there is something to see. */
const USUALLY_CLOSED: ReadonlySet<PlaceRow['table']> = new Set(['rule', 'sysctl', 'socket']);

export function PlaceTables({ place, before, hop, onDelete }: PlaceTablesProps): ReactNode {
  const words = useText(text);
  const list = useRef<HTMLElement>(null);
  const rows = useMemo(() => withChanges(before, placeRows(place)), [before, place]);
  const decided = hop?.netns === place.name ? decidingRow(hop) : undefined;
  // biome-ignore lint/correctness/useExhaustiveDependencies: whenever another row is the one
  useEffect(() => keepInSight(list.current), [decided, place.name]);
  const isMissing = decided !== undefined && !rows.some(({ key }) => key === decided);
  return (
    <section
      ref={list}
      className={styles.tables}
      aria-label={words.title(place.name)}
      // biome-ignore lint/a11y/noNoninteractiveTabindex: it scrolls
      tabIndex={0}
    >
      {isMissing && hop?.row?.table !== 'route' && <p className={styles.missing}>{words.missing(decided)}</p>}
      {[...byTable(rows)].map(([table, own]) => (
        <Table key={`${place.name} ${table}`} {...{ table, rows: own, decided, onDelete }} />
      ))}
    </section>
  );
}

function byTable(rows: readonly ChangedRow<PlaceRow>[]): Map<PlaceRow['table'], ChangedRow<PlaceRow>[]> {
  const tables = new Map<PlaceRow['table'], ChangedRow<PlaceRow>[]>();
  for (const row of rows) tables.set(row.table, [...(tables.get(row.table) ?? []), row]);
  return tables;
}

interface TableProps {
  readonly table: PlaceRow['table'];
  readonly rows: readonly ChangedRow<PlaceRow>[];
  readonly decided: string | undefined;
  readonly onDelete: (command: string) => void;
}

function Table({ table, rows, decided, onDelete }: TableProps): ReactNode {
  const words = useText(text);
  const isToSee = rows.some(({ key, change }) => key === decided || change !== undefined);
  return (
    <details key={`${isToSee}`} open={isToSee || !USUALLY_CLOSED.has(table)}>
      <summary>
        {words.tables[table]} <small>{rows.filter(({ change }) => change !== 'removed').length}</small>
      </summary>
      <ul>
        {rows.map((row) => (
          <TableRowItem
            key={`${row.key} ${row.change === 'removed'}`}
            {...{ row, onDelete }}
            isDecided={row.key === decided}
          />
        ))}
      </ul>
    </details>
  );
}

/** Within the tables alone: the page stays where it is. */
function keepInSight(list: HTMLElement | null): void {
  const row = list?.querySelector<HTMLElement>('[data-decided="true"]');
  if (!list || !row) return;
  const top = row.getBoundingClientRect().top - list.getBoundingClientRect().top + list.scrollTop;
  if (top < list.scrollTop + 30 || top > list.scrollTop + list.clientHeight - 40)
    list.scrollTop = top - list.clientHeight / 3;
}
