/** What a drawing shows of a place, in words. */
import type { Language } from '../language';
import type { DeviceView, PlaceView } from '../scene/scene-view';
import { text } from './text';

/** What else than its devices is known of a place. */
export interface PlaceMarks {
  readonly isStopped: boolean;
  readonly changedRows: number;
  readonly hasPacket: boolean;
}

export const isCut = ({ kind, devices }: PlaceView): boolean =>
  kind === 'host' && devices.some(({ type, up, carrier }) => type === 'nic' && up && !carrier);

/** What wraps packets there; nothing where nothing does. */
export function dataplaneOf({ kind, devices }: PlaceView): 'wasm' | 'kernel' | undefined {
  if (kind !== 'host') return undefined;
  if (devices.some(({ type }) => type === 'tap' || type === 'tun')) return 'wasm';
  return devices.some(({ type }) => type === 'vxlan') ? 'kernel' : undefined;
}

export function placeSummary(place: PlaceView, marks: PlaceMarks, language: Language): string {
  const words = text[language];
  const dataplane = dataplaneOf(place);
  const parts = [
    ...[place.name, words.kinds[place.kind], place.addresses[0], dataplane && words[dataplane]],
    marks.isStopped && words.stopped,
    isCut(place) && words.cut,
    marks.changedRows > 0 && words.changedRows(marks.changedRows),
    marks.hasPacket && words.packetHere,
  ];
  return words.summary(parts.filter((part) => typeof part === 'string'));
}

export function deviceSummary(device: DeviceView, language: Language): string {
  const words = text[language];
  const { name, type, up, master, peer, addresses } = device;
  const parts = [
    ...[name, type, ...addresses],
    !up && words.down,
    master && words.portOf(master),
    peer && words.port(`${peer.place} ${peer.device}`),
  ];
  return words.summary(parts.filter((part) => typeof part === 'string'));
}
