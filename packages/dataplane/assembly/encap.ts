/**
 * Frames from the device to datagrams: the inner destination's tunnel names the endpoint, and the VXLAN header
 * (RFC 7348 section 5) is written into the headroom. A super-packet becomes several datagrams, one after the other.
 * Outer UDP, IP and Ethernet are the socket's.
 *
 *   | headroom 46 | vnet_hdr 10 | VXLAN 8 | Ethernet 14 | IP … |
 *                               ^ as read: the vnet_hdr ends where the frame begins, and the VXLAN header replaces it
 */
import {
  AREA_TX,
  ENDPOINT_ADDRESS,
  ENDPOINT_TX_PACKETS,
  MISS,
  TX_BAD_OFFLOAD,
  TX_BAD_SLOT,
  TX_GROUP_MAC,
  TX_MALFORMED_IP,
  TX_NOT_IP,
  TX_NO_TUNNEL,
  TX_TRUNCATED,
  TX_TUNNELED,
  VNET_BYTES,
} from '../src/layout';
import { outerClass } from './ecn';
import { endpointAt } from './endpoints';
import { sourcePort } from './flow';
import { destinationOf, FAMILY_MALFORMED, FAMILY_NONE, familyAt, lookupAt } from './ip';
import { cut, finishChecksum, isSuperPacket, plan, plannedBytes, plannedFrames, plannedSegments, plannedTotal } from './segment';
import {
  addressAt,
  classAt,
  countPackets,
  fits,
  judge,
  lengthAt,
  portAt,
  segmentAt,
  slotAt,
  slotEnd,
  sourcePortAt,
  startAt,
} from './slots';
import { endpointOfTunnel, portOfTunnel, tunnelAt } from './tunnels';
import { hasNothingToDo } from './vnet';
import { ETHERNET_BYTES, ETHERTYPE, VXLAN_BYTES, isGroup, writeVxlan } from './vxlan';

/** Datagrams that the slots judged so far became. */
let datagrams: u32 = 0;

// @ts-ignore: decorator
@inline
function address(slot: u32, tunnel: usize, family: i32, packet: usize, bytes: u32): usize {
  const endpoint = endpointAt(endpointOfTunnel(tunnel));
  const to = addressAt(AREA_TX, slot);
  store<u64>(to, load<u64>(endpoint, ENDPOINT_ADDRESS));
  store<u64>(to, load<u64>(endpoint, ENDPOINT_ADDRESS + 8), 8);
  store<u16>(portAt(AREA_TX, slot), portOfTunnel(tunnel));
  store<u16>(sourcePortAt(AREA_TX, slot), <u16>sourcePort(family, packet, bytes));
  store<u8>(classAt(AREA_TX, slot), <u8>outerClass(family, packet));
  return endpoint;
}

// @ts-ignore: decorator
@inline
function wrap(slot: u32, start: u32, length: u32, segment: u32): void {
  store<u32>(startAt(AREA_TX, slot), start - VXLAN_BYTES);
  store<u32>(lengthAt(AREA_TX, slot), length);
  store<u32>(segmentAt(AREA_TX, slot), segment);
}

/** A frame that is one packet. */
// @ts-ignore: decorator
@inline
function sendOne(slot: u32, frame: usize, start: u32, length: u32, endpoint: usize): i32 {
  writeVxlan(frame - VXLAN_BYTES);
  wrap(slot, start, length + VXLAN_BYTES, 0);
  countPackets(endpoint + ENDPOINT_TX_PACKETS, 1, length);
  datagrams++;
  return TX_TUNNELED;
}

function sendSegments(slot: u32, frame: usize, start: u32, endpoint: usize): i32 {
  if (plannedTotal() > <u32>(slotEnd(AREA_TX, slot) - frame) + VXLAN_BYTES) return TX_BAD_OFFLOAD;
  cut();
  wrap(slot, start, plannedTotal(), plannedBytes());
  countPackets(endpoint + ENDPOINT_TX_PACKETS, plannedSegments(), plannedFrames());
  datagrams += plannedSegments();
  return TX_TUNNELED;
}

/** A frame with something left to do: a checksum to be made, or segments to be cut. */
function sendOffloaded(slot: u32, frame: usize, start: u32, length: u32, family: i32, endpoint: usize): i32 {
  const vnet = frame - VNET_BYTES;
  if (isSuperPacket(vnet)) {
    if (!plan(vnet, family, frame, length)) return TX_BAD_OFFLOAD;
    // Else too small to be cut, as the kernel's own check says: only its checksum is missing.
    if (plannedSegments() > 1) return sendSegments(slot, frame, start, endpoint);
  }
  if (!finishChecksum(vnet, frame, length)) return TX_BAD_OFFLOAD;
  return sendOne(slot, frame, start, length, endpoint);
}

// @ts-ignore: decorator
@inline
function encapSlot(slot: u32): i32 {
  const start = load<u32>(startAt(AREA_TX, slot));
  const length = load<u32>(lengthAt(AREA_TX, slot));
  if (!fits(start, length, VNET_BYTES)) return TX_BAD_SLOT;
  if (length < ETHERNET_BYTES) return TX_TRUNCATED;
  const frame = slotAt(AREA_TX, slot) + start;
  if (isGroup(frame)) return TX_GROUP_MAC;
  const packet = frame + ETHERNET_BYTES;
  const family = familyAt(frame + ETHERTYPE, packet, length - ETHERNET_BYTES);
  if (family == FAMILY_NONE) return TX_NOT_IP;
  if (family == FAMILY_MALFORMED) return TX_MALFORMED_IP;
  const tunnel = lookupAt(family, destinationOf(family, packet));
  if (tunnel == MISS) return TX_NO_TUNNEL;
  const endpoint = address(slot, tunnelAt(tunnel), family, packet, length - ETHERNET_BYTES);
  if (hasNothingToDo(frame - VNET_BYTES)) return sendOne(slot, frame, start, length, endpoint);
  return sendOffloaded(slot, frame, start, length, family, endpoint);
}

/** Encapsulates slots 0…count-1; those dropped get length 0. Returns how many datagrams are to be sent. */
export function encapSlots(count: u32): u32 {
  datagrams = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const before = datagrams;
    const verdict = encapSlot(slot);
    judge(AREA_TX, slot, verdict, max(datagrams - before, 1));
    if (verdict != TX_TUNNELED) store<u32>(lengthAt(AREA_TX, slot), 0);
  }
  return datagrams;
}
