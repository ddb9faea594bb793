/** The frames that `decap` leaves for the device: views of the module's memory. */
import type { FrameBatch } from './edges.js';
import {
  AREA_FRAMES,
  AREA_PIECES,
  FRAME_BYTES,
  FRAME_FIRST_PIECE,
  MAX_TRAIN,
  PIECE_BYTES,
  VNET_BYTES,
} from './layout.js';
import type { Dataplane } from './wasm.js';

const WORD = Uint32Array.BYTES_PER_ELEMENT;
const WORDS_PER_FRAME = FRAME_BYTES / WORD;
const FIRST_PIECE = FRAME_FIRST_PIECE / WORD;

export function frameBatch(module: Dataplane, slots: number): FrameBatch {
  const { buffer } = module;
  const headers = module.areaOffset(AREA_FRAMES);
  const most = slots * MAX_TRAIN;
  return {
    buffer,
    headers,
    headerWords: new Uint32Array(buffer, headers, (most + 1) * WORDS_PER_FRAME),
    pieces: new Uint32Array(buffer, module.areaOffset(AREA_PIECES), (most * PIECE_BYTES) / WORD),
  };
}

/** The first piece of a frame, or the one after the last frame's last. */
export function firstPiece(batch: FrameBatch, frame: number): number {
  return batch.headerWords[frame * WORDS_PER_FRAME + FIRST_PIECE]!;
}

/** The vnet_hdr of a frame: a view. */
export function frameHeader(batch: FrameBatch, frame: number): Uint8Array {
  return new Uint8Array(batch.buffer, batch.headers + frame * FRAME_BYTES, VNET_BYTES);
}

/** The bytes of a frame, its pieces put together: a copy. */
export function frameBytes(batch: FrameBatch, frame: number): Uint8Array {
  const end = firstPiece(batch, frame + 1);
  const parts: Uint8Array[] = [];
  for (let piece = firstPiece(batch, frame); piece < end; piece++) {
    parts.push(new Uint8Array(batch.buffer, batch.pieces[piece * 2]!, batch.pieces[piece * 2 + 1]!));
  }
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return bytes;
}
