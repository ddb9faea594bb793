/**
 * What goes to the device: frames, each a vnet_hdr and one or more pieces of memory, in the order they came in. The
 * pieces of a frame lie one after the other in AREA_PIECES, and the first piece is an Ethernet frame with its headers.
 */
import {
  AREA_FRAMES,
  AREA_PIECES,
  FRAME_BYTES,
  FRAME_FIRST_PIECE,
  PIECE_BYTES,
} from '../src/layout';
import { areaStart } from './memory';
import { writeNothingToDo } from './vnet';

let frames: u32 = 0;
let pieces: u32 = 0;

export function beginFrames(): void {
  frames = 0;
  pieces = 0;
}

export function addPiece(at: usize, bytes: u32): void {
  const piece = areaStart(AREA_PIECES) + <usize>pieces * PIECE_BYTES;
  store<u32>(piece, <u32>at);
  store<u32>(piece, bytes, 4);
  pieces++;
}

/** A frame of its own, until more pieces are added. Returns where its vnet_hdr lies. */
export function addFrame(at: usize, bytes: u32): usize {
  const frame = areaStart(AREA_FRAMES) + <usize>frames * FRAME_BYTES;
  writeNothingToDo(frame);
  store<u32>(frame, pieces, FRAME_FIRST_PIECE);
  frames++;
  addPiece(at, bytes);
  return frame;
}

/** Notes where the last frame's pieces end; returns how many frames there are. */
export function endFrames(): u32 {
  store<u32>(areaStart(AREA_FRAMES) + <usize>frames * FRAME_BYTES, pieces, FRAME_FIRST_PIECE);
  return frames;
}
