/**
 * Datagrams from the socket to frames: the VXLAN header is skipped, never moved. A frame is believed only from an
 * endpoint that some tunnel leads to, and an inner source inside the pod networks only from the endpoint its own
 * tunnel leads to. Sources outside the networks pass (a remote node's own address is one) and are counted apart.
 *
 * A slot may hold a train: datagrams of one sender, all of one length but the last. Each is judged for itself.
 */
import {
  AREA_RX,
  ENDPOINT_RX_PACKETS,
  MAX_TRAIN,
  MISS,
  RX_BAD_ECN,
  RX_BAD_SLOT,
  RX_DELIVERED,
  RX_DELIVERED_OUTSIDE,
  RX_GROUP_MAC,
  RX_MALFORMED_IP,
  RX_NOT_IP,
  RX_NOT_VXLAN,
  RX_OTHER_MAC,
  RX_OWN_SOURCE,
  RX_SPOOFED_SOURCE,
  RX_TRUNCATED,
  RX_UNKNOWN_PEER,
  RX_WRONG_VNI,
  TABLE_NETWORKS,
  TABLE_SUBNETS,
} from '../src/layout';
import { closeFrame, deliver } from './coalesce';
import { carryMark } from './ecn';
import { endpointAt, endpointOf } from './endpoints';
import { beginFrames, endFrames } from './frames';
import { FAMILY_MALFORMED, FAMILY_NONE, familyAt, keyHigh, keyLow, lookupAt, sourceOf } from './ip';
import { matchKey } from './rib';
import { addressAt, classAt, countPackets, fits, judge, lengthAt, segmentAt, slotAt, startAt } from './slots';
import { endpointOfTunnel, isPlain, tunnelAt } from './tunnels';
import { ETHERNET_BYTES, ETHERTYPE, VXLAN_BYTES, hasVni, isGroup, isOurMac, isOurVxlan } from './vxlan';

/** A source that no tunnel's prefix alone can answer for. */
function lookUpSource(endpoint: i32, family: i32, from: usize, tunnel: u32): i32 {
  const high = keyHigh(family, from);
  const low = keyLow(family, from);
  if (matchKey(TABLE_SUBNETS, family, high, low) != 0) return RX_OWN_SOURCE;
  if (matchKey(TABLE_NETWORKS, family, high, low) == 0) return RX_DELIVERED_OUTSIDE;
  if (tunnel == MISS || endpointOfTunnel(tunnelAt(tunnel)) != endpoint) return RX_SPOOFED_SOURCE;
  return RX_DELIVERED;
}

// @ts-ignore: decorator
@inline
function judgeSource(endpoint: i32, family: i32, packet: usize): i32 {
  const from = sourceOf(family, packet);
  const index = lookupAt(family, from);
  if (index != MISS) {
    const tunnel = tunnelAt(index);
    if (isPlain(tunnel) && endpointOfTunnel(tunnel) == endpoint) return RX_DELIVERED;
  }
  return lookUpSource(endpoint, family, from, index);
}

// @ts-ignore: decorator
@inline
function judgeFrame(slot: u32, endpoint: i32, frame: usize, length: u32): i32 {
  if (!isOurMac(frame)) return isGroup(frame) ? RX_GROUP_MAC : RX_OTHER_MAC;
  const packet = frame + ETHERNET_BYTES;
  const family = familyAt(frame + ETHERTYPE, packet, length - ETHERNET_BYTES);
  if (family == FAMILY_NONE) return RX_NOT_IP;
  if (family == FAMILY_MALFORMED) return RX_MALFORMED_IP;
  const verdict = judgeSource(endpoint, family, packet);
  if (verdict > RX_DELIVERED_OUTSIDE) return verdict;
  if (!carryMark(load<u8>(classAt(AREA_RX, slot)), family, packet)) return RX_BAD_ECN;
  deliver(frame, length, family);
  return verdict;
}

// @ts-ignore: decorator
@inline
function decapDatagram(slot: u32, endpoint: i32, datagram: usize, length: u32): i32 {
  if (length < VXLAN_BYTES + ETHERNET_BYTES) return RX_TRUNCATED;
  if (!isOurVxlan(datagram)) return hasVni(datagram) ? RX_WRONG_VNI : RX_NOT_VXLAN;
  const verdict = judgeFrame(slot, endpoint, datagram + VXLAN_BYTES, length - VXLAN_BYTES);
  if (verdict <= RX_DELIVERED_OUTSIDE) {
    countPackets(endpointAt(endpoint) + ENDPOINT_RX_PACKETS, 1, length - VXLAN_BYTES);
  }
  return verdict;
}

/** A slot with one datagram: its start moves to the frame, and its length is 0 where it was dropped. */
// @ts-ignore: decorator
@inline
function decapOne(slot: u32, endpoint: i32, start: u32, length: u32): void {
  const verdict = decapDatagram(slot, endpoint, slotAt(AREA_RX, slot) + start, length);
  judge(AREA_RX, slot, verdict, 1);
  if (verdict > RX_DELIVERED_OUTSIDE) {
    store<u32>(lengthAt(AREA_RX, slot), 0);
    return;
  }
  store<u32>(startAt(AREA_RX, slot), start + VXLAN_BYTES);
  store<u32>(lengthAt(AREA_RX, slot), length - VXLAN_BYTES);
}

function dropSlot(slot: u32, verdict: i32, packets: u32): void {
  judge(AREA_RX, slot, verdict, packets);
  store<u32>(lengthAt(AREA_RX, slot), 0);
}

/** A slot with a train is left as it is, but for what coalescing does; its verdict is the last datagram's. */
function decapTrain(slot: u32, start: u32, length: u32, segment: u32): void {
  const train = (length - 1) / segment + 1;
  if (train > <u32>MAX_TRAIN) return dropSlot(slot, RX_BAD_SLOT, train);
  const endpoint = endpointOf(addressAt(AREA_RX, slot));
  if (endpoint < 0) return dropSlot(slot, RX_UNKNOWN_PEER, train);
  const begin = slotAt(AREA_RX, slot) + start;
  for (let at: u32 = 0; at < length; at += segment) {
    judge(AREA_RX, slot, decapDatagram(slot, endpoint, begin + at, min(segment, length - at)), 1);
  }
}

// @ts-ignore: decorator
@inline
function decapSlot(slot: u32): void {
  const start = load<u32>(startAt(AREA_RX, slot));
  const length = load<u32>(lengthAt(AREA_RX, slot));
  if (!fits(start, length, 0)) return dropSlot(slot, RX_BAD_SLOT, 1);
  const given = load<u32>(segmentAt(AREA_RX, slot));
  if (given == 0 || given >= length) {
    const endpoint = endpointOf(addressAt(AREA_RX, slot));
    if (endpoint < 0) dropSlot(slot, RX_UNKNOWN_PEER, 1);
    else decapOne(slot, endpoint, start, length);
  } else {
    decapTrain(slot, start, length, given);
  }
}

/**
 * Decapsulates slots 0…count-1. Returns how many frames are to be written, in AREA_FRAMES; slots dropped as a whole get
 * length 0.
 */
export function decapSlots(count: u32): u32 {
  beginFrames();
  for (let slot: u32 = 0; slot < count; slot++) decapSlot(slot);
  closeFrame();
  return endFrames();
}
