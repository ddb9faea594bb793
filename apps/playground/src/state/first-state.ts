/** Where a playground begins. */
import type { ClusterShape, PlaygroundState } from './playground-state';

export const PLAIN_CLUSTER: ClusterShape = {
  backend: 'vxlan',
  dataplane: 'wasm',
  family: 'ipv4',
  segments: 1,
  masquerade: false,
};

/** Two hosts with a pod each. */
export const FIRST_STATE: PlaygroundState = {
  version: 1,
  cluster: PLAIN_CLUSTER,
  actions: [
    { do: 'join' },
    { do: 'join' },
    { do: 'add-pod', host: 'host-a' },
    { do: 'add-pod', host: 'host-b' },
  ],
};
