/** The slots of one direction, and the verdict on each. */
import {
  AREA_ADDRESSES,
  AREA_CLASSES,
  AREA_COUNTERS,
  AREA_LENGTHS,
  AREA_PORTS,
  AREA_RX,
  AREA_SEGMENTS,
  AREA_SLOTS,
  AREA_SOURCE_PORTS,
  AREA_STARTS,
  AREA_VERDICTS,
  MAX_SLOTS,
} from '../src/layout';
import { areaStart, setArea, slotBytes } from './memory';

// Arrays with an element for each slot, those of TX and then those of RX: of slot s of RX it is element MAX_SLOTS + s.
// They are at fixed addresses, so that these can be offsets in loads and stores.
export const STARTS = memory.data(2 * MAX_SLOTS * 4, 64);
export const LENGTHS = memory.data(2 * MAX_SLOTS * 4, 64);
export const ADDRESSES = memory.data(2 * MAX_SLOTS * 16, 64);
export const PORTS = memory.data(2 * MAX_SLOTS * 2, 64);
export const VERDICTS = memory.data(2 * MAX_SLOTS, 64);
/** Bytes of each datagram but the last, where the slot has more than one. */
export const SEGMENTS = memory.data(2 * MAX_SLOTS * 4, 64);
export const SOURCE_PORTS = memory.data(2 * MAX_SLOTS * 2, 64);
export const CLASSES = memory.data(2 * MAX_SLOTS, 64);

/** Which element is that of a direction's slot. */
// @ts-ignore: decorator
@inline
export function elementOf(direction: i32, slot: u32): u32 {
  return direction == AREA_RX ? slot + MAX_SLOTS : slot;
}

/** Says where the arrays of a direction lie. */
export function placeArrays(direction: i32): void {
  const first = <usize>elementOf(direction, 0);
  setArea(direction + AREA_STARTS, STARTS + (first << 2));
  setArea(direction + AREA_LENGTHS, LENGTHS + (first << 2));
  setArea(direction + AREA_ADDRESSES, ADDRESSES + (first << 4));
  setArea(direction + AREA_PORTS, PORTS + (first << 1));
  setArea(direction + AREA_VERDICTS, VERDICTS + first);
  setArea(direction + AREA_SEGMENTS, SEGMENTS + (first << 2));
  setArea(direction + AREA_SOURCE_PORTS, SOURCE_PORTS + (first << 1));
  setArea(direction + AREA_CLASSES, CLASSES + first);
}

// @ts-ignore: decorator
@inline
export function slotAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_SLOTS) + <usize>slot * slotBytes;
}

// @ts-ignore: decorator
@inline
export function slotEnd(direction: i32, slot: u32): usize {
  return slotAt(direction, slot + 1);
}

/** Whether what start and length say lies inside the slot, `room` bytes of headroom before it. */
// @ts-ignore: decorator
@inline
export function fits(start: u32, length: u32, room: u32): bool {
  return start >= room && <u64>start + <u64>length <= <u64>slotBytes;
}

// @ts-ignore: decorator
@inline
export function countVerdict(verdict: i32, packets: u32): void {
  const counter = areaStart(AREA_COUNTERS) + (<usize>verdict << 3);
  store<u64>(counter, load<u64>(counter) + packets);
}

/** Notes the verdict of a slot's element and counts it for its `packets`. */
// @ts-ignore: decorator
@inline
export function judge(element: u32, verdict: i32, packets: u32): void {
  store<u8>(element, <u8>verdict, VERDICTS);
  countVerdict(verdict, packets);
}

/** Adds to two neighbouring u64: packets, bytes. */
// @ts-ignore: decorator
@inline
export function countPackets(counters: usize, packets: u32, bytes: u32): void {
  store<u64>(counters, load<u64>(counters) + packets);
  store<u64>(counters, load<u64>(counters, 8) + bytes, 8);
}
