/** The slots of one direction, and the verdict on each. */
import {
  AREA_ADDRESSES,
  AREA_CLASSES,
  AREA_COUNTERS,
  AREA_LENGTHS,
  AREA_PORTS,
  AREA_SEGMENTS,
  AREA_SLOTS,
  AREA_SOURCE_PORTS,
  AREA_STARTS,
  AREA_VERDICTS,
} from '../src/layout';
import { areaStart, slotBytes } from './memory';

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

// @ts-ignore: decorator
@inline
export function startAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_STARTS) + (<usize>slot << 2);
}

// @ts-ignore: decorator
@inline
export function lengthAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_LENGTHS) + (<usize>slot << 2);
}

// @ts-ignore: decorator
@inline
export function addressAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_ADDRESSES) + (<usize>slot << 4);
}

// @ts-ignore: decorator
@inline
export function portAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_PORTS) + (<usize>slot << 1);
}

/** Bytes of each datagram but the last, where the slot has more than one. */
// @ts-ignore: decorator
@inline
export function segmentAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_SEGMENTS) + (<usize>slot << 2);
}

// @ts-ignore: decorator
@inline
export function classAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_CLASSES) + slot;
}

// @ts-ignore: decorator
@inline
export function sourcePortAt(direction: i32, slot: u32): usize {
  return areaStart(direction + AREA_SOURCE_PORTS) + (<usize>slot << 1);
}

/** Whether what start and length say lies inside the slot, `room` bytes of headroom before it. */
// @ts-ignore: decorator
@inline
export function fits(start: u32, length: u32, room: u32): bool {
  return start >= room && start <= slotBytes && length <= slotBytes - start;
}

/** Notes the verdict of a slot and counts it for its `packets`. */
// @ts-ignore: decorator
@inline
export function judge(direction: i32, slot: u32, verdict: i32, packets: u32): void {
  store<u8>(areaStart(direction + AREA_VERDICTS) + slot, <u8>verdict);
  const counter = areaStart(AREA_COUNTERS) + (<usize>verdict << 3);
  store<u64>(counter, load<u64>(counter) + packets);
}

/** Adds to two neighbouring u64: packets, bytes. */
// @ts-ignore: decorator
@inline
export function countPackets(counters: usize, packets: u32, bytes: u32): void {
  store<u64>(counters, load<u64>(counters) + packets);
  store<u64>(counters, load<u64>(counters, 8) + bytes, 8);
}
