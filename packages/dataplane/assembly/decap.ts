/**
 * Datagrams from the socket to frames: the VXLAN header, where there is one (kind.ts), is skipped, never moved. A frame
 * is believed only from an endpoint that some tunnel leads to, and an inner source inside the pod networks only from
 * the endpoint its own tunnel leads to. Sources outside the networks pass (a remote node's own address is one) and are counted apart.
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
  TUNNEL_ADDRESS,
} from '../src/layout';
import { closeFrame, deliver } from './coalesce';
import { carryMark, isMarked } from './ecn';
import { endpointAt, endpointOf, sameAddress } from './endpoints';
import { noteDelivered, noteReceived, noteUnreceived } from './flow-notes';
import { keepsFlows } from './flow-table';
import { beginFrames, endFrames } from './frames';
import {
  FAMILY_MALFORMED,
  FAMILY_NONE,
  bareFamilyAt,
  familyAt,
  isPlainPacket,
  keyHigh,
  keyLow,
  lookupAt,
  lookupNear,
  sourceOf,
} from './ip';
import { isBare, tunnelBytes } from './kind';
import { slotBytes } from './memory';
import { matchKey } from './rib';
import {
  ADDRESSES,
  CLASSES,
  countPackets,
  countVerdict,
  elementOf,
  fits,
  judge,
  LENGTHS,
  SEGMENTS,
  slotAt,
  STARTS,
  VERDICTS,
} from './slots';
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
function judgePacket(slot: u32, endpoint: i32, frame: usize, length: u32, family: i32, packet: usize): i32 {
  const verdict = judgeSource(endpoint, family, packet);
  if (verdict > RX_DELIVERED_OUTSIDE) return verdict;
  if (!carryMark(load<u8>(elementOf(AREA_RX, slot), CLASSES), family, packet)) return RX_BAD_ECN;
  deliver(frame, length, family);
  return verdict;
}

// @ts-ignore: decorator
@inline
function judgeFrame(slot: u32, endpoint: i32, frame: usize, length: u32): i32 {
  if (!isOurMac(frame)) return isGroup(frame) ? RX_GROUP_MAC : RX_OTHER_MAC;
  const packet = frame + ETHERNET_BYTES;
  const family = familyAt(frame + ETHERTYPE, packet, length - ETHERNET_BYTES);
  if (family == FAMILY_NONE) return RX_NOT_IP;
  if (family == FAMILY_MALFORMED) return RX_MALFORMED_IP;
  return judgePacket(slot, endpoint, frame, length, family, packet);
}

// @ts-ignore: decorator
@inline
function judgeVxlan(slot: u32, endpoint: i32, datagram: usize, length: u32): i32 {
  if (length < VXLAN_BYTES + ETHERNET_BYTES) return RX_TRUNCATED;
  if (!isOurVxlan(datagram)) return hasVni(datagram) ? RX_WRONG_VNI : RX_NOT_VXLAN;
  return judgeFrame(slot, endpoint, datagram + VXLAN_BYTES, length - VXLAN_BYTES);
}

function judgeBare(slot: u32, endpoint: i32, packet: usize, length: u32): i32 {
  if (length == 0) return RX_TRUNCATED;
  const family = bareFamilyAt(packet, length);
  if (family == FAMILY_NONE) return RX_NOT_IP;
  if (family == FAMILY_MALFORMED) return RX_MALFORMED_IP;
  return judgePacket(slot, endpoint, packet, length, family, packet);
}

// @ts-ignore: decorator
@inline
function decapDatagram(slot: u32, endpoint: i32, datagram: usize, length: u32): i32 {
  const verdict = isBare
    ? judgeBare(slot, endpoint, datagram, length)
    : judgeVxlan(slot, endpoint, datagram, length);
  if (verdict <= RX_DELIVERED_OUTSIDE) {
    countPackets(endpointAt(endpoint) + ENDPOINT_RX_PACKETS, 1, length - tunnelBytes);
  }
  return verdict;
}

/** A slot with one datagram: its start moves to the frame, and its length is 0 where it was dropped. */
// @ts-ignore: decorator
@inline
function decapOne(slot: u32, endpoint: i32, start: u32, length: u32): void {
  const verdict = decapDatagram(slot, endpoint, slotAt(AREA_RX, slot) + start, length);
  judge(elementOf(AREA_RX, slot), verdict, 1);
  if (keepsFlows()) noteReceived(elementOf(AREA_RX, slot), verdict, slotAt(AREA_RX, slot) + start, length);
  if (verdict > RX_DELIVERED_OUTSIDE) {
    store<u32>(elementOf(AREA_RX, slot) << 2, 0, LENGTHS);
    return;
  }
  store<u32>(elementOf(AREA_RX, slot) << 2, start + tunnelBytes, STARTS);
  store<u32>(elementOf(AREA_RX, slot) << 2, length - tunnelBytes, LENGTHS);
}

/** The datagrams of a slot whose sender is nobody. */
function noteStrangers(slot: u32, start: u32, length: u32, segment: u32): void {
  if (!keepsFlows()) return;
  const begin = slotAt(AREA_RX, slot) + start;
  let at: u32 = 0;
  do {
    noteReceived(elementOf(AREA_RX, slot), RX_UNKNOWN_PEER, begin + at, min(segment, length - at));
    at += segment;
  } while (at < length);
}

function dropBadSlot(slot: u32, packets: u32): void {
  if (keepsFlows()) noteUnreceived(elementOf(AREA_RX, slot), RX_BAD_SLOT, packets);
  dropSlot(slot, RX_BAD_SLOT, packets);
}

function dropStrangers(slot: u32, start: u32, length: u32, segment: u32, packets: u32): void {
  noteStrangers(slot, start, length, segment);
  dropSlot(slot, RX_UNKNOWN_PEER, packets);
}

function dropSlot(slot: u32, verdict: i32, packets: u32): void {
  judge(elementOf(AREA_RX, slot), verdict, packets);
  store<u32>(elementOf(AREA_RX, slot) << 2, 0, LENGTHS);
}

/** A slot with a train is left as it is, but for what coalescing does; its verdict is the last datagram's. */
function decapTrain(slot: u32, start: u32, length: u32, segment: u32): void {
  const train = (length - 1) / segment + 1;
  if (train > <u32>MAX_TRAIN) return dropBadSlot(slot, train);
  const endpoint = endpointOf(ADDRESSES + (elementOf(AREA_RX, slot) << 4));
  if (endpoint < 0) return dropStrangers(slot, start, length, segment, train);
  const begin = slotAt(AREA_RX, slot) + start;
  for (let at: u32 = 0; at < length; at += segment) {
    const bytes = min(segment, length - at);
    const verdict = decapDatagram(slot, endpoint, begin + at, bytes);
    judge(elementOf(AREA_RX, slot), verdict, 1);
    if (keepsFlows()) noteReceived(elementOf(AREA_RX, slot), verdict, begin + at, bytes);
  }
}

function decapSlot(slot: u32): void {
  const start = load<u32>(elementOf(AREA_RX, slot) << 2, STARTS);
  const length = load<u32>(elementOf(AREA_RX, slot) << 2, LENGTHS);
  if (!fits(start, length, 0)) return dropBadSlot(slot, 1);
  const given = load<u32>(elementOf(AREA_RX, slot) << 2, SEGMENTS);
  if (given == 0 || given >= length) {
    const endpoint = endpointOf(ADDRESSES + (elementOf(AREA_RX, slot) << 4));
    if (endpoint < 0) dropStrangers(slot, start, length, max(1, length), 1);
    else decapOne(slot, endpoint, start, length);
  } else {
    decapTrain(slot, start, length, given);
  }
}

/**
 * A slot as nearly all are, by itself (see `sendPlain` of encap.ts): one datagram, without a mark, in it a valid packet
 * of this family, of IPv4 one without options, whose source's tunnel is plain and leads to where the datagram comes
 * from. `begin` is where the slot does. False: it is another, and nothing has been done.
 */
// @ts-ignore: decorator
@inline
function takePlain(family: i32, slot: u32, begin: usize): bool {
  const element = elementOf(AREA_RX, slot);
  const start = load<u32>(element << 2, STARTS);
  const length = load<u32>(element << 2, LENGTHS);
  if (!fits(start, length, 0)) return false;
  if (length < VXLAN_BYTES + ETHERNET_BYTES) return false;
  if (load<u32>(element << 2, SEGMENTS) != 0) return false;
  const datagram = begin + start;
  const frame = datagram + VXLAN_BYTES;
  const packet = frame + ETHERNET_BYTES;
  if (!isOurVxlan(datagram)) return false;
  if (!isOurMac(frame)) return false;
  if (!isPlainPacket(family, frame + ETHERTYPE, packet, length - VXLAN_BYTES - ETHERNET_BYTES)) return false;
  const index = lookupNear(family, sourceOf(family, packet));
  if (index == MISS) return false;
  const tunnel = tunnelAt(index);
  if (!isPlain(tunnel)) return false;
  if (!sameAddress(tunnel + TUNNEL_ADDRESS, ADDRESSES + (element << 4))) return false;
  if (isMarked(load<u8>(element, CLASSES))) return false;
  deliver(frame, length - VXLAN_BYTES, family);
  countPackets(endpointAt(endpointOfTunnel(tunnel)) + ENDPOINT_RX_PACKETS, 1, length - VXLAN_BYTES);
  store<u8>(element, RX_DELIVERED, VERDICTS);
  store<u32>(element << 2, start + VXLAN_BYTES, STARTS);
  store<u32>(element << 2, length - VXLAN_BYTES, LENGTHS);
  return true;
}

/** After `takePlain`. */
function notePlain(slot: u32, begin: usize): void {
  const element = elementOf(AREA_RX, slot);
  noteDelivered(element, RX_DELIVERED, begin + load<u32>(element << 2, STARTS), load<u32>(element << 2, LENGTHS));
}

function takePlain6(slot: u32, begin: usize): bool {
  return takePlain(6, slot, begin);
}

/**
 * Decapsulates slots 0…count-1. Returns how many frames are to be written, in AREA_FRAMES; slots dropped as a whole get
 * length 0.
 */
export function decapSlots(count: u32): u32 {
  beginFrames();
  let plain: u32 = 0;
  let begin = slotAt(AREA_RX, 0);
  for (let slot: u32 = 0; slot < count; slot++) {
    if (!isBare && (takePlain(4, slot, begin) || takePlain6(slot, begin))) {
      plain++;
      if (keepsFlows()) notePlain(slot, begin);
    } else {
      decapSlot(slot);
    }
    begin += slotBytes;
  }
  countVerdict(RX_DELIVERED, plain);
  closeFrame();
  return endFrames();
}
