/**
 * Datagrams from the socket to frames: the VXLAN header is skipped, never moved. A frame is believed only from an
 * endpoint that some tunnel leads to, and an inner source inside the pod networks only from the endpoint its own
 * tunnel leads to. Sources outside the networks pass (a remote node's own address is one) and are counted apart.
 */
import {
  AREA_RX,
  ENDPOINT_RX_PACKETS,
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
import { endpointAt, endpointOf } from './endpoints';
import { lookupKey } from './fib';
import { FAMILY_MALFORMED, FAMILY_NONE, familyAt, keyHigh, keyLow, sourceOf } from './ip';
import { matchKey } from './rib';
import { addressAt, countPacket, fits, judge, lengthAt, slotAt, startAt } from './slots';
import { ETHERNET_BYTES, ETHERTYPE, VXLAN_BYTES, hasVni, isGroup, isOurMac, isOurVni } from './vxlan';

function judgeSource(endpoint: i32, family: i32, packet: usize): i32 {
  const from = sourceOf(family, packet);
  const high = keyHigh(family, from);
  const low = keyLow(family, from);
  if (matchKey(TABLE_SUBNETS, family, high, low) != 0) return RX_OWN_SOURCE;
  if (matchKey(TABLE_NETWORKS, family, high, low) == 0) return RX_DELIVERED_OUTSIDE;
  // A miss is no endpoint's index.
  if (<i32>(lookupKey(family, high, low) >> 16) != endpoint) return RX_SPOOFED_SOURCE;
  return RX_DELIVERED;
}

function judgeFrame(endpoint: i32, frame: usize, length: u32): i32 {
  if (isGroup(frame)) return RX_GROUP_MAC;
  if (!isOurMac(frame)) return RX_OTHER_MAC;
  const packet = frame + ETHERNET_BYTES;
  const family = familyAt(frame + ETHERTYPE, packet, length - ETHERNET_BYTES);
  if (family == FAMILY_NONE) return RX_NOT_IP;
  if (family == FAMILY_MALFORMED) return RX_MALFORMED_IP;
  return judgeSource(endpoint, family, packet);
}

function decapSlot(slot: u32): i32 {
  const start = load<u32>(startAt(AREA_RX, slot));
  const length = load<u32>(lengthAt(AREA_RX, slot));
  if (!fits(start, length, 0)) return RX_BAD_SLOT;
  const endpoint = endpointOf(addressAt(AREA_RX, slot));
  if (endpoint < 0) return RX_UNKNOWN_PEER;
  if (length < VXLAN_BYTES + ETHERNET_BYTES) return RX_TRUNCATED;
  const datagram = slotAt(AREA_RX, slot) + start;
  if (!hasVni(datagram)) return RX_NOT_VXLAN;
  if (!isOurVni(datagram)) return RX_WRONG_VNI;
  const verdict = judgeFrame(endpoint, datagram + VXLAN_BYTES, length - VXLAN_BYTES);
  if (verdict > RX_DELIVERED_OUTSIDE) return verdict;
  store<u32>(startAt(AREA_RX, slot), start + VXLAN_BYTES);
  store<u32>(lengthAt(AREA_RX, slot), length - VXLAN_BYTES);
  countPacket(endpointAt(endpoint) + ENDPOINT_RX_PACKETS, length - VXLAN_BYTES);
  return verdict;
}

/** Decapsulates slots 0…count-1; those dropped get length 0. Returns how many are to be written. */
export function decapSlots(count: u32): u32 {
  let delivered: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const verdict = decapSlot(slot);
    judge(AREA_RX, slot, verdict);
    if (verdict <= RX_DELIVERED_OUTSIDE) delivered++;
    else store<u32>(lengthAt(AREA_RX, slot), 0);
  }
  return delivered;
}
