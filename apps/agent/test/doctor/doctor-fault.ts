/** A fault of a node, made for real, and what a check has to say of it. */
import type { CheckResult } from '../../dist/doctor/check.js';
import { examine } from '../../dist/doctor/examine.js';
import { withLeases } from '../../dist/doctor/live/patient.js';
import { captureHost } from '../../dist/lab/lab-snapshot.js';
import { labDirectory } from '../../dist/lab/lab-state.js';
import type { FaultLab } from '../faults/fault.js';
import { KERNEL_LAB, sh } from '../faults/fault-lab.js';
import type { TestLab } from '../test-lab.js';

/** Agents would put the faults right; without them its hosts are as flanneld leaves a node. */
export const STOPPED_LAB: FaultLab = { ...KERNEL_LAB, hosts: 2 };

export interface DoctorFault {
  /** The check that finds it. */
  readonly check: string;
  readonly name: string;
  /** Commands of a shell that make it. */
  readonly make: readonly string[];
  /** What mends it; absent: what the report says does. */
  readonly mend?: readonly string[];
  readonly verdict: 'warning' | 'error';
  /** In one of the rows that show it. */
  readonly evidence: RegExp;
  /** Default: host-a. */
  readonly host?: string;
}

/** Of one host, with the leases that its store holds. */
export async function examineHost(lab: TestLab, host: string): Promise<CheckResult[]> {
  const entry = lab.state.hosts.find(({ name }) => name === host)!;
  const store = { kind: 'sqlite', path: `${labDirectory(lab.name)}/leases.db` } as const;
  return examine([await withLeases(await captureHost(lab.state, entry), store)]);
}

export const wrongOf = (results: readonly CheckResult[]): CheckResult[] =>
  results.filter(({ verdict }) => verdict === 'error' || verdict === 'warning');

export const run = (lab: TestLab, host: string, commands: readonly string[]): Promise<string> =>
  sh(lab, host, ...commands);
