/**
 * What a real node has, as one JSON file: the schema, reading it, and taking addresses and names out of it.
 * @module @podlan/simulator/snapshot
 */
export type {
  ControlSnapshot,
  LeaseEndpoint,
  LeaseSnapshot,
  PeerSnapshot,
} from './control-schema.js';
export {
  type LoadOptions,
  loadSnapshots,
  type SnapshotCluster,
} from './load/load-snapshots.js';
export type {
  ClockSnapshot,
  CniConfig,
  ConntrackSnapshot,
  DeviceFeatures,
  MachineSnapshot,
  MacPolicy,
  NeighborTable,
  Reservation,
  SubnetEnvFile,
  UdpCounters,
} from './machine-schema.js';
export type { NamespaceSnapshot } from './namespace-schema.js';
export { parseSnapshot } from './parse-snapshot.js';
export { newRedactKey } from './pseudonyms.js';
export { redactSnapshot } from './redact-snapshot.js';
export { SnapshotError } from './snapshot-error.js';
export type {
  AddressSnapshot,
  FdbSnapshot,
  LinkSnapshot,
  NeighborSnapshot,
  NftObjectSnapshot,
  NodeSnapshot,
  RouteSnapshot,
  RuleSnapshot,
  SocketSnapshot,
} from './types.js';
