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

/** Slots of a forwarder, with what became of each. */
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

/**
 * Before each read or receive: encap and decap move `starts`.
 * @example
 * ```ts
 * import { Forwarder, leaveHeadroom, SLOT_HEADROOM } from '@podlan/dataplane';
 *
 * const { tx } = await Forwarder.create({ slots: 1 });
 * tx.starts[0] = SLOT_HEADROOM - 8; // as encap leaves it, with a VXLAN header before the frame
 * leaveHeadroom(tx);
 * tx.starts; // => Uint32Array.of(SLOT_HEADROOM)
 * ```
 */
export function leaveHeadroom(batch: SlotBatch): void {
  batch.starts.fill(SLOT_HEADROOM);
}

/**
 * The bytes in a slot: a view.
 * @example
 * ```ts
 * import { Forwarder, slotBytes, slotRoom } from '@podlan/dataplane';
 *
 * const { tx } = await Forwarder.create({ slots: 1 });
 * slotRoom(tx, 0).set([1, 2, 3]);
 * tx.lengths[0] = 3;
 * slotBytes(tx, 0); // => Uint8Array.of(1, 2, 3)
 * ```
 */
export function slotBytes(batch: SlotBatch, slot: number): Uint8Array {
  const start = batch.offset + slot * batch.stride + batch.starts[slot]!;
  return new Uint8Array(batch.buffer, start, batch.lengths[slot]!);
}

/**
 * The datagrams in a slot, one or a train: views.
 * @example
 * ```ts
 * import { Forwarder, slotDatagrams, slotRoom } from '@podlan/dataplane';
 *
 * const { tx } = await Forwarder.create({ slots: 1 });
 * slotRoom(tx, 0).set([1, 2, 3, 4, 5]);
 * tx.lengths[0] = 5;
 * tx.segments[0] = 2;
 * slotDatagrams(tx, 0); // => [Uint8Array.of(1, 2), Uint8Array.of(3, 4), Uint8Array.of(5)]
 * ```
 */
export function slotDatagrams(batch: SlotBatch, slot: number): Uint8Array[] {
  const bytes = slotBytes(batch, slot);
  const segment = batch.segments[slot] || Math.max(1, bytes.length);
  return Array.from({ length: Math.ceil(bytes.length / segment) }, (_, i) =>
    bytes.subarray(i * segment, (i + 1) * segment),
  );
}

/**
 * Room from a slot's start to its end: a view.
 * @example
 * ```ts
 * import { Forwarder, slotRoom } from '@podlan/dataplane';
 *
 * const { rx } = await Forwarder.create({ slots: 1, slotBytes: 2048 });
 * slotRoom(rx, 0).length; // => 2048 - 64
 * ```
 */
export function slotRoom(batch: SlotBatch, slot: number): Uint8Array {
  const start = batch.starts[slot]!;
  return new Uint8Array(batch.buffer, batch.offset + slot * batch.stride + start, batch.stride - start);
}

/**
 * The vnet_hdr (`struct virtio_net_hdr`, 10 bytes) before a slot's start: a view.
 * @example
 * ```ts
 * import { Forwarder, slotHeader } from '@podlan/dataplane';
 *
 * const { tx } = await Forwarder.create({ slots: 1 });
 * slotHeader(tx, 0); // => new Uint8Array(10)
 * ```
 */
export function slotHeader(batch: SlotBatch, slot: number): Uint8Array {
  const end = batch.offset + slot * batch.stride + batch.starts[slot]!;
  return new Uint8Array(batch.buffer, end - VNET_BYTES, VNET_BYTES);
}
