/** Drift: what others changed of the kernel's rows. */
import { type Change, diff, type Row, rowText } from '@podlan/linux/model';

/**
 * Something that we had made (`believed`) and is gone or different, or something on our devices that we did not make.
 * `wanted` is the row there should be.
 */
export function isDrift({ op }: Change, believed: Row | undefined, wanted: Row | undefined): boolean {
  if (op === 'delete' || believed === undefined) return op === 'delete' && believed === undefined;
  return wanted !== undefined && diff([believed], [wanted]).length === 0;
}

/** How many rows of each kind are changed; kinds without any are absent. */
export function rowsByKind(changes: readonly Change[]): Partial<Record<Row['kind'], number>> {
  const counts: Partial<Record<Row['kind'], number>> = {};
  for (const { row } of changes) counts[row.kind] = (counts[row.kind] ?? 0) + 1;
  return counts;
}

export const describeChange = ({ op, row }: Change): string => `${op} ${rowText(row)}`;
