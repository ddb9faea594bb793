/**
 * The control plane: network configuration, leases, backends and the node loop.
 * @module @podlan/fabric
 */
export { chooseSubnets, isSameNode } from './allocation.js';
export type { Backend, BackendOptions, HostNode } from './backend.js';
export type { BackendConfig, Dataplane, HostGwConfig, UdpConfig, VxlanConfig } from './backend-config.js';
export { type CleanupOptions, type CleanupResult, cleanup, type RemovedRows, removeRows } from './cleanup.js';
export { type Clock, systemClock } from './clock.js';
export { controllerUnder } from './controller-under.js';
export { createBackend } from './create-backend.js';
export * from './lease.js';
export { formatLeaseKey, formatLeaseValue, parseLease, parseLeaseKey } from './lease-json.js';
export { forwardChain, type MasqueradeOptions, masqueradeChain } from './masquerade.js';
export { type NetworkConfig, type NetworkRange, parseNetworkConfig } from './network-config.js';
export { runNode } from './node.js';
export type { NodeLog, NodeOptions, RunningNode } from './node-options.js';
export type {
  DesiredState,
  FailureState,
  NodeCounters,
  NodeState,
  PeerState,
  ReconcileReport,
} from './node-state.js';
export { MemoryLeaseStore, type MemoryStoreOptions } from './stores/memory.js';
export { formatSubnetEnv, type ParsedSubnetEnv, parseSubnetEnv, type SubnetEnv } from './subnet-env.js';
export { withForwarder } from './with-forwarder.js';
