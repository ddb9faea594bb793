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

/**
 * The first piece of a frame, or the one after the last frame's last.
 * @example
 * ```ts
 * import { firstPiece, type FrameBatch } from '@podlan/dataplane';
 *
 * // A frame of two pieces, as decap leaves them: 3 bytes at 32, 2 bytes at 40. Its vnet_hdr lies at 0.
 * const memory = new Uint8Array(64);
 * memory.set([1, 2, 3], 32);
 * memory.set([4, 5], 40);
 * const headerWords = new Uint32Array(memory.buffer, 0, 8);
 * headerWords[7] = 2;
 * const frames: FrameBatch = { buffer: memory.buffer, headers: 0, headerWords, pieces: Uint32Array.of(32, 3, 40, 2) };
 * firstPiece(frames, 0); // => 0
 * firstPiece(frames, 1); // => 2
 * ```
 */
export function firstPiece(batch: FrameBatch, frame: number): number {
  return batch.headerWords[frame * WORDS_PER_FRAME + FIRST_PIECE]!;
}

/**
 * The vnet_hdr (`struct virtio_net_hdr`, 10 bytes) of a frame: a view.
 * @example
 * ```ts
 * import { frameHeader, type FrameBatch } from '@podlan/dataplane';
 *
 * // A frame of two pieces, as decap leaves them: 3 bytes at 32, 2 bytes at 40. Its vnet_hdr lies at 0.
 * const memory = new Uint8Array(64);
 * memory.set([1, 2, 3], 32);
 * memory.set([4, 5], 40);
 * const headerWords = new Uint32Array(memory.buffer, 0, 8);
 * headerWords[7] = 2;
 * const frames: FrameBatch = { buffer: memory.buffer, headers: 0, headerWords, pieces: Uint32Array.of(32, 3, 40, 2) };
 * frameHeader(frames, 0); // => new Uint8Array(10)
 * ```
 */
export function frameHeader(batch: FrameBatch, frame: number): Uint8Array {
  return new Uint8Array(batch.buffer, batch.headers + frame * FRAME_BYTES, VNET_BYTES);
}

/**
 * The bytes of a frame, its pieces put together: a copy.
 * @example
 * ```ts
 * import { frameBytes, type FrameBatch } from '@podlan/dataplane';
 *
 * // A frame of two pieces, as decap leaves them: 3 bytes at 32, 2 bytes at 40. Its vnet_hdr lies at 0.
 * const memory = new Uint8Array(64);
 * memory.set([1, 2, 3], 32);
 * memory.set([4, 5], 40);
 * const headerWords = new Uint32Array(memory.buffer, 0, 8);
 * headerWords[7] = 2;
 * const frames: FrameBatch = { buffer: memory.buffer, headers: 0, headerWords, pieces: Uint32Array.of(32, 3, 40, 2) };
 * frameBytes(frames, 0); // => Uint8Array.of(1, 2, 3, 4, 5)
 * ```
 */
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
