/**
 * What the agent answers at `/live`, where `/status` has what it believes: which rows the kernel and the forwarder have
 * when they are read again, and what the kernel counted. It costs a full snapshot.
 */
import type { DesiredState } from '@podlan/fabric';
import { type Change, diff, type Kernel, type Row, rowKey, rowText, scopeOf } from '@podlan/linux/model';
import type { DeviceCounters } from '../metrics/device-counters.js';

export interface RowsRead {
  /** How many there should be. */
  readonly rows: number;
  /** Those that are not there, or not as they should be, each as a line. */
  readonly missing: readonly string[];
}

export interface LiveReport {
  readonly host: RowsRead;
  /** By lease key, of those that have rows. */
  readonly peers: Readonly<Record<string, RowsRead>>;
  readonly devices: readonly DeviceCounters[];
}

export async function rowsReadBack(
  kernel: Pick<Kernel, 'snapshot'>,
  desired: readonly DesiredState[],
): Promise<Pick<LiveReport, 'host' | 'peers'>> {
  const wanted = desired.flatMap(({ rows }) => rows);
  const found = await kernel.snapshot(scopeOf(wanted));
  // What is there and should not be is nobody's in this.
  const wrong = diff(found, wanted).filter(({ op }) => op !== 'delete');
  const keys = new Set(wrong.map(keyOf));
  const read = (rows: readonly Row[]): RowsRead => ({
    rows: rows.length,
    missing: rows.filter((row) => keys.has(rowKey(row))).map(rowText),
  });
  const peers = desired.filter(({ owner }) => owner !== 'host').map(({ owner, rows }) => [owner, read(rows)]);
  const host = desired.find(({ owner }) => owner === 'host');
  return { host: read(host?.rows ?? []), peers: Object.fromEntries(peers) };
}

const keyOf = ({ row }: Change): string => rowKey(row);
