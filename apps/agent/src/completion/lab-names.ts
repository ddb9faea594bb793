/** Names in the labs of this user. What can't be read has none: a completion never complains. */
import { readdirSync } from 'node:fs';
import { readLabState } from '../lab/lab-state.js';
import { runtimeDirectory } from '../paths.js';
import type { Names } from './candidates.js';

const LAB = /^lab-(.+)$/;

function orNothing<T>(read: () => T, nothing: T): T {
  try {
    return read();
  } catch {
    return nothing;
  }
}

export const labNames: Names = {
  labs: () =>
    orNothing(() => readdirSync(runtimeDirectory()).flatMap((entry) => LAB.exec(entry)?.[1] ?? []), []),
  inLab: (name) =>
    orNothing(
      () => {
        const state = readLabState(name);
        const namesOf = (things: readonly { name: string }[] = []) => things.map((thing) => thing.name);
        return { hosts: namesOf(state?.hosts), pods: namesOf(state?.pods) };
      },
      { hosts: [], pods: [] },
    ),
};
