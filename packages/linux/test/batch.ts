import type { FrameBatch, SlotBatch } from '../src/slot-batch.js';

export interface TestBatch extends SlotBatch {
  data(i: number): Uint8Array;
  /** The vnet_hdr before it. */
  header(i: number): Uint8Array;
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
    segments: new Uint32Array(slots),
    classes: new Uint8Array(slots),
  };
  const at = (i: number) => batch.offset + i * stride + batch.starts[i]!;
  return {
    ...batch,
    data: (i) => new Uint8Array(batch.buffer, at(i), batch.lengths[i]!),
    header: (i) => new Uint8Array(batch.buffer, at(i) - 10, 10),
    put(i, bytes) {
      new Uint8Array(batch.buffer).set(bytes, at(i));
      batch.lengths[i] = bytes.length;
    },
  };
}

/** A frame to be written: its vnet_hdr, all zeros unless told, and its pieces. */
export interface TestFrame {
  readonly header?: Uint8Array;
  readonly pieces: readonly Uint8Array[];
}

export function frameBatch(...frames: TestFrame[]): FrameBatch {
  const pieces = frames.flatMap((frame) => frame.pieces);
  const headers = pieces.reduce((sum, { length }) => sum + length, 0);
  const aligned = Math.ceil(headers / 16) * 16;
  const buffer = new ArrayBuffer(Math.max(128, aligned + (frames.length + 1) * 16));
  const bytes = new Uint8Array(buffer);
  const table: number[] = [];
  let at = 0;
  for (const piece of pieces) {
    bytes.set(piece, at);
    table.push(at, piece.length);
    at += piece.length;
  }
  const headerWords = new Uint32Array(buffer, aligned, (frames.length + 1) * 4);
  let first = 0;
  for (const [i, frame] of frames.entries()) {
    bytes.set(frame.header ?? [], aligned + i * 16);
    headerWords[i * 4 + 3] = first;
    first += frame.pieces.length;
  }
  headerWords[frames.length * 4 + 3] = first;
  return { buffer, headers: aligned, headerWords, pieces: Uint32Array.from(table) };
}
