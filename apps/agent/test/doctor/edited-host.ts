/** Faults that no kernel here can be made to show: what was read of a host is changed before it is examined. */
import type { NodeSnapshot } from '@podlan/simulator/snapshot';
import { examine } from '../../dist/doctor/examine.js';
import { type DoctorFault, snapshotOf } from './doctor-fault.js';

type Machine = NonNullable<NodeSnapshot['machine']>;
export type Edit = (snapshot: NodeSnapshot) => NodeSnapshot;

export function edited(
  fault: Pick<DoctorFault, 'check' | 'name' | 'verdict' | 'evidence'>,
  edit: Edit,
): DoctorFault {
  let isMade = false;
  return {
    ...fault,
    byHand: 'what was read of the host is wrong, and not the host',
    make: async () => {
      isMade = true;
    },
    mend: async () => {
      isMade = false;
    },
    look: async (lab, host) => {
      const snapshot = await snapshotOf(lab, host);
      return examine([isMade ? edit(snapshot) : snapshot]);
    },
  };
}

export const withMachine =
  (change: (machine: Machine) => Partial<Machine>): Edit =>
  (snapshot) => ({ ...snapshot, machine: { ...snapshot.machine, ...change(snapshot.machine ?? {}) } });
