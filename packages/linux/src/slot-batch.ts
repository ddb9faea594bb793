/** The packet memory that devices and sockets read into and write from; the shapes of dataplane's batches. */
export interface SlotBatch {
  readonly buffer: ArrayBuffer;
  readonly offset: number;
  readonly stride: number;
  readonly slots: number;
  readonly starts: Uint32Array;
  readonly lengths: Uint32Array;
  readonly addresses: Uint8Array;
  readonly ports: Uint16Array;
  readonly segments: Uint32Array;
  readonly classes: Uint8Array;
}

/** Frames in pieces, to be written; see `FrameBatch` of dataplane. */
export interface FrameBatch {
  readonly buffer: ArrayBuffer;
  readonly headers: number;
  readonly headerWords: Uint32Array;
  readonly pieces: Uint32Array;
}

/** A vnet_hdr and the index of the frame's first piece. */
export const FRAME_BYTES = 16;
export const WORDS_PER_FRAME = 4;
export const FIRST_PIECE_WORD = 3;
