/**
 * What goes to the device: frames, each a vnet_hdr and one or more pieces of memory, in the order they came in. The
 * pieces of a frame lie one after the other in AREA_PIECES, and the first piece begins with all of its headers.
 */
import {
  AREA_FRAMES,
  AREA_PIECES,
  FRAME_BYTES,
  FRAME_FIRST_PIECE,
  PIECE_BYTES,
} from '../src/layout';
import { areaStart } from './memory';

/** Where the next one goes. */
let frame: usize = 0;
let piece: usize = 0;
let pieces: u64 = 0;

export function beginFrames(): void {
  frame = areaStart(AREA_FRAMES);
  piece = areaStart(AREA_PIECES);
  pieces = 0;
}

// @ts-ignore: decorator
@inline
export function addPiece(at: usize, bytes: u32): void {
  store<u32>(piece, <u32>at);
  store<u32>(piece, bytes, 4);
  piece += PIECE_BYTES;
  pieces++;
}

/** A frame of its own, with nothing to do, until more pieces are added. Returns where its vnet_hdr lies. */
// @ts-ignore: decorator
@inline
export function addFrame(at: usize, bytes: u32): usize {
  const added = frame;
  store<u64>(added, 0);
  store<u64>(added, pieces << 32, 8);
  frame += FRAME_BYTES;
  addPiece(at, bytes);
  return added;
}

/** Notes where the last frame's pieces end; returns how many frames there are. */
export function endFrames(): u32 {
  store<u32>(frame, <u32>pieces, FRAME_FIRST_PIECE);
  return <u32>(frame - areaStart(AREA_FRAMES)) / FRAME_BYTES;
}
