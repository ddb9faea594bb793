/** Snapshots that `podlan lab snapshot` took of a lab of two hosts on the kernel's vxlan; fetched when they are asked for. */
import type { SnapshotFile } from './snapshot-scene';

/** `sick`: its agents were stopped, and then an FDB entry of host-a was led to an address that nobody has. */
export type LabState = 'sound' | 'sick';

type Load = () => Promise<{ readonly default: unknown }>;

const FILES: Readonly<Record<LabState, Readonly<Record<string, Load>>>> = {
  sound: {
    'host-a.json': () => import('./sound/host-a.json'),
    'host-b.json': () => import('./sound/host-b.json'),
    'underlay.json': () => import('./sound/underlay.json'),
  },
  sick: {
    'host-a.json': () => import('./sick/host-a.json'),
    'host-b.json': () => import('./sick/host-b.json'),
    'underlay.json': () => import('./sick/underlay.json'),
  },
};

export function labSnapshots(state: LabState): Promise<SnapshotFile[]> {
  return Promise.all(
    Object.entries(FILES[state]).map(async ([name, load]) => ({
      name,
      text: JSON.stringify((await load()).default),
    })),
  );
}
