/** What scenarios begin with: hosts with a pod each, and words for what is done to them. */
import { PLAIN_CLUSTER } from '../state/first-state';
import type { Action, ClusterShape, PacketShape } from '../state/playground-state';

/** Carried by the kernel, so that an agent that has stopped leaves everything as it is. */
export const KERNEL_CLUSTER: ClusterShape = { ...PLAIN_CLUSTER, dataplane: 'kernel' };

export const run = (at: string, ...lines: readonly string[]): Action[] =>
  lines.map((line) => ({ do: 'run', at, line }));

export const killAgent = (host: string): Action => ({ do: 'kill-agent', host });
export const startAgent = (host: string): Action => ({ do: 'start-agent', host });

export const TWO_HOSTS: readonly Action[] = withPods('host-a', 'host-b');
export const THREE_HOSTS: readonly Action[] = withPods('host-a', 'host-b', 'host-c');

function withPods(...hosts: readonly string[]): Action[] {
  return [
    ...hosts.map((): Action => ({ do: 'join' })),
    ...hosts.map((host): Action => ({ do: 'add-pod', host })),
  ];
}

export const ping = (from: string, to: string): PacketShape => ({ from, to, protocol: 'icmp' });
export const A_TO_B = ping('pod-a1', 'pod-b1');
export const B_TO_A = ping('pod-b1', 'pod-a1');

/** The VTEPs' addresses, that a cluster of these actions has each time. */
export const VTEP_MAC = { 'host-a': '02:f7:e7:00:00:03', 'host-b': '02:b8:82:00:00:05' } as const;
