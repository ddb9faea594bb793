/**
 * Frames from the device to datagrams: the inner destination's tunnel names the endpoint, and the VXLAN header
 * (RFC 7348 section 5) is written into the headroom. Outer UDP, IP and Ethernet are the socket's.
 *
 *   | headroom 56 | VXLAN 8 | Ethernet 14 | IP … |
 */
import {
  AREA_TX,
  ENDPOINT_ADDRESS,
  ENDPOINT_TX_PACKETS,
  MISS,
  TX_BAD_SLOT,
  TX_GROUP_MAC,
  TX_MALFORMED_IP,
  TX_NOT_IP,
  TX_NO_TUNNEL,
  TX_TRUNCATED,
  TX_TUNNELED,
} from '../src/layout';
import { endpointAt } from './endpoints';
import { lookupKey } from './fib';
import { destinationOf, FAMILY_MALFORMED, FAMILY_NONE, familyAt, keyHigh, keyLow } from './ip';
import { addressAt, countPacket, fits, judge, lengthAt, portAt, slotAt, startAt } from './slots';
import { ETHERNET_BYTES, ETHERTYPE, VXLAN_BYTES, isGroup, writeVxlan } from './vxlan';

function send(slot: u32, start: u32, length: u32, tunnel: u32): void {
  const endpoint = endpointAt(tunnel >> 16);
  writeVxlan(slotAt(AREA_TX, slot) + start - VXLAN_BYTES);
  store<u32>(startAt(AREA_TX, slot), start - VXLAN_BYTES);
  store<u32>(lengthAt(AREA_TX, slot), length + VXLAN_BYTES);
  const address = addressAt(AREA_TX, slot);
  store<u64>(address, load<u64>(endpoint, ENDPOINT_ADDRESS));
  store<u64>(address, load<u64>(endpoint, ENDPOINT_ADDRESS + 8), 8);
  store<u16>(portAt(AREA_TX, slot), <u16>tunnel);
  countPacket(endpoint + ENDPOINT_TX_PACKETS, length);
}

function encapSlot(slot: u32): i32 {
  const start = load<u32>(startAt(AREA_TX, slot));
  const length = load<u32>(lengthAt(AREA_TX, slot));
  if (!fits(start, length, VXLAN_BYTES)) return TX_BAD_SLOT;
  if (length < ETHERNET_BYTES) return TX_TRUNCATED;
  const frame = slotAt(AREA_TX, slot) + start;
  if (isGroup(frame)) return TX_GROUP_MAC;
  const packet = frame + ETHERNET_BYTES;
  const family = familyAt(frame + ETHERTYPE, packet, length - ETHERNET_BYTES);
  if (family == FAMILY_NONE) return TX_NOT_IP;
  if (family == FAMILY_MALFORMED) return TX_MALFORMED_IP;
  const to = destinationOf(family, packet);
  const tunnel = lookupKey(family, keyHigh(family, to), keyLow(family, to));
  if (tunnel == MISS) return TX_NO_TUNNEL;
  send(slot, start, length, tunnel);
  return TX_TUNNELED;
}

/** Encapsulates slots 0…count-1; those dropped get length 0. Returns how many are to be sent. */
export function encapSlots(count: u32): u32 {
  let sent: u32 = 0;
  for (let slot: u32 = 0; slot < count; slot++) {
    const verdict = encapSlot(slot);
    judge(AREA_TX, slot, verdict);
    if (verdict == TX_TUNNELED) sent++;
    else store<u32>(lengthAt(AREA_TX, slot), 0);
  }
  return sent;
}
