/** What is wrong on the way of a packet that was lost, and what would mend it. */
import type { ProbeResult } from '@podlan/simulator';
import type { SnapshotCluster } from '@podlan/simulator/snapshot';

export interface Finding {
  readonly code: string;
  readonly node: string;
  readonly device?: string;
  readonly text: string;
  readonly evidence: readonly string[];
  readonly mend: readonly string[];
}

export function findingsOf(_result: ProbeResult, _cluster: SnapshotCluster): Finding[] {
  return [];
}
