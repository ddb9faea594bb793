/** All rows of a place: its devices, and what its tables hold. */
import type { TableName, TableRow } from '@podlan/simulator';
import { type ChangedRow, withChanges } from './row-changes';
import type { DeviceView, PlaceView } from './scene-view';

export interface PlaceRow extends Pick<TableRow, 'key' | 'text'> {
  readonly table: TableName | 'device';
}

/** Of a place, by its name. */
export type RowsByPlace = ReadonlyMap<string, readonly PlaceRow[]>;

/** Rules that both families have are shown once. */
export function placeRows({ devices, rows }: PlaceView): PlaceRow[] {
  const all: PlaceRow[] = [...devices.map(deviceRow), ...rows];
  return [...new Map(all.map((row) => [row.key, row])).values()];
}

export const rowsByPlace = (places: readonly PlaceView[]): RowsByPlace =>
  new Map(places.map((place) => [place.name, placeRows(place)]));

/** What of each place is other than before; places without changes are left out. */
export function changesByPlace(before: RowsByPlace, after: RowsByPlace): Map<string, ChangedRow<PlaceRow>[]> {
  const changes = new Map<string, ChangedRow<PlaceRow>[]>();
  for (const [place, rows] of after) {
    const changed = withChanges(before.get(place) ?? [], rows).filter(({ change }) => change !== undefined);
    if (changed.length > 0) changes.set(place, changed);
  }
  return changes;
}

/** As `ip -brief` has it, with what else tells devices apart. */
function deviceRow({ name, type, mac, mtu, up, carrier, addresses, master, peer }: DeviceView): PlaceRow {
  const words = [
    ...[name, type, up ? 'UP' : 'DOWN', up && !carrier && 'NO-CARRIER', `mtu ${mtu}`, mac],
    ...[master && `master ${master}`, peer && `peer ${peer.place}/${peer.device}`, ...addresses],
  ];
  return { table: 'device', key: `device ${name}`, text: words.filter(Boolean).join(' ') };
}
