/**
 * A network of Linux hosts and pods in memory: kernels that forward real bytes, and the trace of a packet through them.
 * @module @podlan/simulator
 */

export { SimClock } from './clock.js';
export { SimCluster, type SimClusterOptions } from './cluster/sim-cluster.js';
export { SimHost, type SimPod } from './cluster/sim-host.js';
export { type Cable, Nic, Switch } from './devices/nic.js';
export type { NetworkPlace, PlacedNetwork } from './network-place.js';
export { type Random, seededRandom } from './random.js';
export { decidingRow } from './row-keys.js';
export { CommandError, type CommandErrorCode } from './shell/command-error.js';
export { runCommand } from './shell/run-command.js';
export { SimKernel, type SimKernelOptions } from './sim-kernel.js';
export { SimNetwork, type SimNetworkOptions } from './sim-network.js';
export { type TableName, type TableRow, tablesOf } from './tables.js';
export { type ByteChange, byteChanges } from './trace/byte-changes.js';
export { crossingCount } from './trace/crossings.js';
export { diagnose } from './trace/diagnosis/diagnose.js';
export { FINDING_MEANINGS, type Finding, type FindingCode } from './trace/diagnosis/finding.js';
export { doubtsOf, type LeftOut } from './trace/doubts.js';
export { DROP_MEANINGS } from './trace/drop-meanings.js';
export {
  type DropReason,
  type Hop,
  type HopEvent,
  Journey,
  type Leg,
  type MatchedRow,
} from './trace/journey.js';
export { type PacketBytes, packetAfter } from './trace/packet-layers.js';
export {
  type ProbeOptions,
  type ProbeProtocol,
  type ProbeResult,
  probe,
  probePacket,
} from './trace/probe.js';
export { type TraceBytesJson, type TraceHopJson, type TraceJson, traceJson } from './trace/trace-json.js';
export { tracePcap } from './trace/trace-pcap.js';
export { type TraceStyle, type TraceTextOptions, traceText } from './trace/trace-text.js';
