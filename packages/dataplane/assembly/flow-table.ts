/**
 * The flow table: packets and bytes of each inner flow, by what became of them and by the node at the other end. A
 * record is found by its whole key, of 64 bytes (layout.ts), in one set of FLOW_WAYS places: what a packet costs is
 * bounded, whoever chose its addresses. Where a set is full, its flow that was seen longest ago ends, and goes into a
 * ring that is drained from outside; where that is full, too, the flow is lost, but counted.
 *
 *   tags      | u16 × 8 |           compared at once; 0: no flow
 *   records   | 96 bytes × 8 |
 */
import {
  AREA_FLOWS,
  AREA_FLOWS_ENDED,
  AREA_FLOW_COUNTERS,
  AREA_FLOW_TAGS,
  FLOWS_DRAINED,
  FLOWS_ENDED,
  FLOWS_LOST,
  FLOW_BYTES,
  FLOW_DESTINATION,
  FLOW_FIRST,
  FLOW_KIND,
  FLOW_LAST,
  FLOW_OCTETS,
  FLOW_PACKETS,
  FLOW_PEER,
  FLOW_PORTS,
  FLOW_SOURCE,
  FLOW_WAYS,
} from '../src/layout';
import { mix, SPREAD } from './flow';
import { areaStart, flowPlaces } from './memory';
import { countPackets } from './slots';

/** Milliseconds, the host's. */
let now: f64 = 0;
/** The record that a packet was counted at last, of each direction: the next one is often of the same flow. */
let lastSent: usize = 0;
let lastReceived: usize = 0;

export function setClock(time: f64): void {
  now = time;
}

// @ts-ignore: decorator
@inline
export function keepsFlows(): bool {
  return flowPlaces != 0;
}

// @ts-ignore: decorator
@inline
function counterAt(index: u32): usize {
  return areaStart(AREA_FLOW_COUNTERS) + (<usize>index << 3);
}

// @ts-ignore: decorator
@inline
function recordAt(place: u32): usize {
  return areaStart(AREA_FLOWS) + <usize>place * FLOW_BYTES;
}

// @ts-ignore: decorator
@inline
function tagAt(place: u32): usize {
  return areaStart(AREA_FLOW_TAGS) + (<usize>place << 1);
}

// @ts-ignore: decorator
@inline
function isKnownBy(record: usize, source: v128, destination: v128, peer: v128, rest: v128): bool {
  const ends = v128.or(
    v128.xor(v128.load(record, FLOW_SOURCE), source),
    v128.xor(v128.load(record, FLOW_DESTINATION), destination),
  );
  const others = v128.or(v128.xor(v128.load(record, FLOW_PEER), peer), v128.xor(v128.load(record, FLOW_PORTS), rest));
  return !v128.any_true(v128.or(ends, others));
}

// @ts-ignore: decorator
@inline
function mixBoth(hash: u64, words: v128): u64 {
  return mix(mix(hash, i64x2.extract_lane(words, 0)), i64x2.extract_lane(words, 1));
}

function isRingFull(): bool {
  return load<u64>(counterAt(FLOWS_ENDED)) - load<u64>(counterAt(FLOWS_DRAINED)) >= flowPlaces;
}

/** Into the ring, or among the lost. */
function handOut(record: usize): void {
  if (isRingFull()) {
    const lost = counterAt(FLOWS_LOST);
    store<u64>(lost, load<u64>(lost) + 1);
    store<u64>(lost, load<u64>(lost, 8) + load<u64>(record, FLOW_PACKETS), 8);
    store<u64>(lost, load<u64>(lost, 16) + load<u64>(record, FLOW_OCTETS), 16);
    return;
  }
  const ended = load<u64>(counterAt(FLOWS_ENDED));
  const place = <u32>ended & (flowPlaces - 1);
  memory.copy(areaStart(AREA_FLOWS_ENDED) + <usize>place * FLOW_BYTES, record, FLOW_BYTES);
  store<u64>(counterAt(FLOWS_ENDED), ended + 1);
}

/** The place of a set whose flow was seen longest ago. */
function oldestOf(first: u32): u32 {
  let oldest = first;
  for (let place = first + 1; place < first + FLOW_WAYS; place++) {
    if (load<f64>(recordAt(place), FLOW_LAST) < load<f64>(recordAt(oldest), FLOW_LAST)) oldest = place;
  }
  return oldest;
}

/** A place of the set for a new flow. */
function placeIn(first: u32, tags: v128): u32 {
  const empty = i16x8.bitmask(i16x8.eq(tags, i16x8.splat(0)));
  if (empty != 0) return first + ctz(empty);
  const place = oldestOf(first);
  handOut(recordAt(place));
  return place;
}

function find(source: v128, destination: v128, peer: v128, rest: v128): usize {
  const hash = mixBoth(mixBoth(mixBoth(mixBoth(0, rest), source), destination), peer) * SPREAD;
  const first = (<u32>(hash >> 40) * FLOW_WAYS) & (flowPlaces - 1);
  const tag = <u16>(hash >> 24) | 1;
  const tags = v128.load(tagAt(first));
  for (let ways = i16x8.bitmask(i16x8.eq(tags, i16x8.splat(tag))); ways != 0; ways &= ways - 1) {
    const record = recordAt(first + ctz(ways));
    if (isKnownBy(record, source, destination, peer, rest)) return record;
  }
  const place = placeIn(first, tags);
  const record = recordAt(place);
  store<u16>(tagAt(place), tag);
  v128.store(record, source, FLOW_SOURCE);
  v128.store(record, destination, FLOW_DESTINATION);
  v128.store(record, peer, FLOW_PEER);
  v128.store(record, rest, FLOW_PORTS);
  v128.store(record, i64x2.splat(0), FLOW_PACKETS);
  store<f64>(record, now, FLOW_FIRST);
  return record;
}

/** Counts packets of the flow with this key; `rest` is what begins at FLOW_PORTS. */
export function countFlow(
  sent: bool,
  source: v128,
  destination: v128,
  peer: v128,
  rest: v128,
  packets: u32,
  bytes: u32,
): void {
  let record = sent ? lastSent : lastReceived;
  if (record == 0 || !isKnownBy(record, source, destination, peer, rest)) {
    record = find(source, destination, peer, rest);
    if (sent) lastSent = record;
    else lastReceived = record;
  }
  countPackets(record + FLOW_PACKETS, packets, bytes);
  store<f64>(record, now, FLOW_LAST);
}

/** The place is empty then, and its key that of no flow. */
function endFlow(place: u32): void {
  handOut(recordAt(place));
  store<u16>(tagAt(place), 0);
  store<u8>(recordAt(place), 0, FLOW_KIND);
}

/** Ends flows last seen before a time, until the ring is full; returns how many. */
export function endFlowsBefore(time: f64): u32 {
  let count: u32 = 0;
  for (let place: u32 = 0; place < flowPlaces && !isRingFull(); place++) {
    if (load<u16>(tagAt(place)) == 0 || load<f64>(recordAt(place), FLOW_LAST) >= time) continue;
    endFlow(place);
    count++;
  }
  return count;
}
