/** Which rows of a place came, went, or say something else than before. */
export type RowChange = 'added' | 'changed' | 'removed';

/** What stays the same row while its text changes. */
export interface KeyedRow {
  readonly key: string;
  readonly text: string;
}

export type ChangedRow<R extends KeyedRow> = R & { readonly change?: RowChange };

/** The rows as they are now, with those that are gone at the places where they were. */
export function withChanges<R extends KeyedRow>(before: readonly R[], after: readonly R[]): ChangedRow<R>[] {
  const had = new Map(before.map((row) => [row.key, row]));
  const has = new Set(after.map(({ key }) => key));
  const rows: ChangedRow<R>[] = after.map((row) => changeOf(row, had.get(row.key)));
  for (const [i, row] of before.entries()) {
    if (has.has(row.key)) continue;
    const next = before.slice(i + 1).find(({ key }) => has.has(key));
    const at = next === undefined ? rows.length : rows.findIndex(({ key }) => key === next.key);
    rows.splice(at, 0, { ...row, change: 'removed' });
  }
  return rows;
}

function changeOf<R extends KeyedRow>(row: R, before: R | undefined): ChangedRow<R> {
  if (before === undefined) return { ...row, change: 'added' };
  return before.text === row.text ? row : { ...row, change: 'changed' };
}
