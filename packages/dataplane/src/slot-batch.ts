/** The slots of one direction as the edges see them: views of the module's memory. */
import type { SlotBatch } from './edges.js';
import {
  AREA_ADDRESSES,
  AREA_CLASSES,
  AREA_LENGTHS,
  AREA_PORTS,
  AREA_SEGMENTS,
  AREA_SLOTS,
  AREA_SOURCE_PORTS,
  AREA_STARTS,
  AREA_VERDICTS,
  KEY_BYTES,
  SLOT_HEADROOM,
  VNET_BYTES,
} from './layout.js';
import type { Dataplane } from './wasm.js';

export interface JudgedBatch extends SlotBatch {
  /** Verdict numbers of the last `encap` or `decap`: of a train, its last datagram's. */
  readonly verdicts: Uint8Array;
}

/** `direction` is AREA_TX or AREA_RX. */
export function slotBatch(module: Dataplane, direction: number, slots: number, stride: number): JudgedBatch {
  const { buffer } = module;
  const at = (area: number) => module.areaOffset(direction + area);
  const batch = {
    buffer,
    offset: at(AREA_SLOTS),
    stride,
    slots,
    starts: new Uint32Array(buffer, at(AREA_STARTS), slots),
    lengths: new Uint32Array(buffer, at(AREA_LENGTHS), slots),
    addresses: new Uint8Array(buffer, at(AREA_ADDRESSES), slots * KEY_BYTES),
    ports: new Uint16Array(buffer, at(AREA_PORTS), slots),
    verdicts: new Uint8Array(buffer, at(AREA_VERDICTS), slots),
    segments: new Uint32Array(buffer, at(AREA_SEGMENTS), slots),
    sourcePorts: new Uint16Array(buffer, at(AREA_SOURCE_PORTS), slots),
    classes: new Uint8Array(buffer, at(AREA_CLASSES), slots),
  };
  leaveHeadroom(batch);
  return batch;
}

/** Before each read or receive: encap and decap move `starts`. */
export function leaveHeadroom(batch: SlotBatch): void {
  batch.starts.fill(SLOT_HEADROOM);
}

/** The bytes in a slot: a view. */
export function slotBytes(batch: SlotBatch, slot: number): Uint8Array {
  const start = batch.offset + slot * batch.stride + batch.starts[slot]!;
  return new Uint8Array(batch.buffer, start, batch.lengths[slot]!);
}

/** The datagrams in a slot, one or a train: views. */
export function slotDatagrams(batch: SlotBatch, slot: number): Uint8Array[] {
  const bytes = slotBytes(batch, slot);
  const segment = batch.segments[slot] || Math.max(1, bytes.length);
  return Array.from({ length: Math.ceil(bytes.length / segment) }, (_, i) =>
    bytes.subarray(i * segment, (i + 1) * segment),
  );
}

/** Room from a slot's start to its end: a view. */
export function slotRoom(batch: SlotBatch, slot: number): Uint8Array {
  const start = batch.starts[slot]!;
  return new Uint8Array(batch.buffer, batch.offset + slot * batch.stride + start, batch.stride - start);
}

/** The vnet_hdr before a slot's start: a view. */
export function slotHeader(batch: SlotBatch, slot: number): Uint8Array {
  const end = batch.offset + slot * batch.stride + batch.starts[slot]!;
  return new Uint8Array(batch.buffer, end - VNET_BYTES, VNET_BYTES);
}
