import type { SlotBatch } from '../src/slot-batch.js';

export interface TestBatch extends SlotBatch {
  data(i: number): Uint8Array;
  put(i: number, bytes: Uint8Array): void;
}

/** Slots of 64 bytes of headroom and `room` bytes, not at the start of their buffer. */
export function testBatch(slots: number, room = 2048): TestBatch {
  const stride = 64 + room;
  const batch = {
    buffer: new ArrayBuffer(128 + slots * stride),
    offset: 128,
    stride,
    slots,
    starts: new Uint32Array(slots).fill(64),
    lengths: new Uint32Array(slots),
    addresses: new Uint8Array(slots * 16),
    ports: new Uint16Array(slots),
  };
  const at = (i: number) => batch.offset + i * stride + batch.starts[i]!;
  return {
    ...batch,
    data: (i) => new Uint8Array(batch.buffer, at(i), batch.lengths[i]!),
    put(i, bytes) {
      new Uint8Array(batch.buffer).set(bytes, at(i));
      batch.lengths[i] = bytes.length;
    },
  };
}
