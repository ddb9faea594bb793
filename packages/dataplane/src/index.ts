/**
 * The WebAssembly dataplane: a longest-prefix-match table, a forwarder, and the pump between its two edges.
 * @module @podlan/dataplane
 */
// For `using`, in projects whose own `lib` does not know it yet.
/// <reference lib="esnext.disposable" preserve="true" />

export type { Device, FrameBatch, Merged, PacketSender, Poller, SlotBatch, Socket } from './edges.js';
export type { EndpointCounters } from './endpoint-counters.js';
export type { Flow, FlowInner } from './flow-records.js';
export { parseFlowRecords } from './flow-records.js';
export { type FlowCounters, FlowTable } from './flow-table.js';
export {
  Forwarder,
  type ForwarderCounters,
  type ForwarderOptions,
  type ForwarderTunnel,
} from './forwarder.js';
export type { ForwarderSettings, SourceSettings, UdpSettings, VxlanSettings } from './forwarder-settings.js';
export { firstPiece, frameBytes, frameHeader } from './frame-batch.js';
export { SLOT_HEADROOM, SUPER_SLOT_BYTES } from './layout.js';
export {
  type CellStep,
  type DirectStep,
  type LookupStep,
  type LookupWalk,
  type MemoryRead,
  type NodeStep,
  walkLookup,
} from './lookup-walk.js';
export { NumericRouteTable } from './numeric-route-table.js';
export type { AddressInput, IpNumAddress, IpNumPrefix, PrefixInput } from './prefix-input.js';
export { NO_ROUTE, PrefixTable, type RouteMatch } from './prefix-table.js';
export { type PumpCounters, type PumpObserver, type PumpOptions, runPump } from './pump.js';
export { RouteTable } from './route-table.js';
export {
  type JudgedBatch,
  leaveHeadroom,
  slotBytes,
  slotDatagrams,
  slotHeader,
  slotRoom,
} from './slot-batch.js';
export type { TrieEntry } from './table-memory.js';
export type { RouteTableOptions } from './table-module.js';
export { type TableShape, type TrieLevel, type TrieShape, tableShape } from './table-shape.js';
export { isForwarded, VERDICT_MEANINGS, VERDICTS, type Verdict } from './verdicts.js';
export type { ModuleSource } from './wasm.js';
