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

// One element per slot, at fixed addresses: an index and its scale are all that finding one takes.
const starts = memory.data(2 * MAX_SLOTS * 4, 64);
const lengths = memory.data(2 * MAX_SLOTS * 4, 64);
const addresses = memory.data(2 * MAX_SLOTS * 16, 64);
const ports = memory.data(2 * MAX_SLOTS * 2, 64);
const verdicts = memory.data(2 * MAX_SLOTS, 64);
const segments = memory.data(2 * MAX_SLOTS * 4, 64);
const sourcePorts = memory.data(2 * MAX_SLOTS * 2, 64);
const classes = memory.data(2 * MAX_SLOTS, 64);

/** TX first, then RX. */
// @ts-ignore: decorator
@inline
function elementOf(array: usize, direction: i32, slot: u32, bytes: usize): usize {
  return array + (direction == AREA_RX ? <usize>MAX_SLOTS * bytes : 0) + <usize>slot * bytes;
}

/** Says where the arrays of a direction lie. */
export function placeArrays(direction: i32): void {
  setArea(direction + AREA_STARTS, startAt(direction, 0));
  setArea(direction + AREA_LENGTHS, lengthAt(direction, 0));
  setArea(direction + AREA_ADDRESSES, addressAt(direction, 0));
  setArea(direction + AREA_PORTS, portAt(direction, 0));
  setArea(direction + AREA_VERDICTS, verdictAt(direction, 0));
  setArea(direction + AREA_SEGMENTS, segmentAt(direction, 0));
  setArea(direction + AREA_SOURCE_PORTS, sourcePortAt(direction, 0));
  setArea(direction + AREA_CLASSES, classAt(direction, 0));
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

// @ts-ignore: decorator
@inline
export function startAt(direction: i32, slot: u32): usize {
  return elementOf(starts, direction, slot, 4);
}

// @ts-ignore: decorator
@inline
export function lengthAt(direction: i32, slot: u32): usize {
  return elementOf(lengths, direction, slot, 4);
}

// @ts-ignore: decorator
@inline
export function addressAt(direction: i32, slot: u32): usize {
  return elementOf(addresses, direction, slot, 16);
}

// @ts-ignore: decorator
@inline
export function portAt(direction: i32, slot: u32): usize {
  return elementOf(ports, direction, slot, 2);
}

// @ts-ignore: decorator
@inline
export function verdictAt(direction: i32, slot: u32): usize {
  return elementOf(verdicts, direction, slot, 1);
}

/** Bytes of each datagram but the last, where the slot has more than one. */
// @ts-ignore: decorator
@inline
export function segmentAt(direction: i32, slot: u32): usize {
  return elementOf(segments, direction, slot, 4);
}

// @ts-ignore: decorator
@inline
export function sourcePortAt(direction: i32, slot: u32): usize {
  return elementOf(sourcePorts, direction, slot, 2);
}

// @ts-ignore: decorator
@inline
export function classAt(direction: i32, slot: u32): usize {
  return elementOf(classes, direction, slot, 1);
}

/** Whether what start and length say lies inside the slot, `room` bytes of headroom before it. */
// @ts-ignore: decorator
@inline
export function fits(start: u32, length: u32, room: u32): bool {
  return start >= room && start <= slotBytes && length <= slotBytes - start;
}

// @ts-ignore: decorator
@inline
export function countVerdict(verdict: i32, packets: u32): void {
  const counter = areaStart(AREA_COUNTERS) + (<usize>verdict << 3);
  store<u64>(counter, load<u64>(counter) + packets);
}

/** Notes the verdict of a slot and counts it for its `packets`. */
// @ts-ignore: decorator
@inline
export function judge(direction: i32, slot: u32, verdict: i32, packets: u32): void {
  store<u8>(verdictAt(direction, slot), <u8>verdict);
  countVerdict(verdict, packets);
}

/** Adds to two neighbouring u64: packets, bytes. */
// @ts-ignore: decorator
@inline
export function countPackets(counters: usize, packets: u32, bytes: u32): void {
  store<u64>(counters, load<u64>(counters) + packets);
  store<u64>(counters, load<u64>(counters, 8) + bytes, 8);
}
