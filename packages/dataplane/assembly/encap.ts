/**
 * Frames from the device to datagrams: the inner destination's tunnel names the endpoint, and the VXLAN header
 * (RFC 7348 section 5) is written into the headroom. A super-packet becomes several datagrams, one after the other.
 * Outer UDP, IP and Ethernet are the socket's. A bare packet (kind.ts) is its own datagram.
 *
 *   | headroom 46 | vnet_hdr 10 | VXLAN 8 | Ethernet 14 | IP … |
 *                               ^ as read: the vnet_hdr ends where the frame begins, and the VXLAN header replaces it
 */
import {
  AREA_TX,
  ENDPOINT_TX_PACKETS,
  MISS,
  TX_BAD_OFFLOAD,
  TX_BAD_SLOT,
  TX_GROUP_MAC,
  TX_MALFORMED_IP,
  TX_NOT_IP,
  TX_NO_TUNNEL,
  TX_TRUNCATED,
  TUNNEL_ADDRESS,
  TX_TUNNELED,
  VNET_BYTES,
} from '../src/layout';
import { outerClass } from './ecn';
import { endpointAt } from './endpoints';
import { sourcePort } from './flow';
import { noteSent, noteUnsent } from './flow-notes';
import { keepsFlows } from './flow-table';
import {
  bareFamilyAt,
  destinationOf,
  FAMILY_MALFORMED,
  FAMILY_NONE,
  familyAt,
  isPlainPacket,
  lookupAt,
  lookupNear,
} from './ip';
import { isBare, tunnelBytes } from './kind';
import { slotBytes } from './memory';
import { cut, finishChecksum, isSuperPacket, plan, plannedBytes, plannedFrames, plannedSegments, plannedTotal } from './segment';
import {
  ADDRESSES,
  CLASSES,
  countPackets,
  countVerdict,
  fits,
  judge,
  LENGTHS,
  PORTS,
  SEGMENTS,
  slotAt,
  slotEnd,
  SOURCE_PORTS,
  STARTS,
  VERDICTS,
} from './slots';
import { endpointOfTunnel, portOfTunnel, tunnelAt } from './tunnels';
import { hasNothingToDo } from './vnet';
import { ETHERNET_BYTES, ETHERTYPE, VXLAN_BYTES, isGroup, writeVxlan } from './vxlan';

// @ts-ignore: decorator
@inline
function address(slot: u32, tunnel: usize, port: u32, trafficClass: u32): void {
  v128.store(slot << 4, v128.load(tunnel, TUNNEL_ADDRESS), ADDRESSES);
  store<u16>(slot << 1, portOfTunnel(tunnel), PORTS);
  store<u16>(slot << 1, <u16>port, SOURCE_PORTS);
  store<u8>(slot, <u8>trafficClass, CLASSES);
}

/** Notes what is to be sent: so many datagrams, of so many bytes in all. */
// @ts-ignore: decorator
@inline
function wrap(slot: u32, start: u32, length: u32, segment: u32): void {
  store<u32>(slot << 2, start, STARTS);
  store<u32>(slot << 2, length, LENGTHS);
  store<u32>(slot << 2, segment, SEGMENTS);
  store<u8>(slot, TX_TUNNELED, VERDICTS);
}

// @ts-ignore: decorator
@inline
function countSent(tunnel: usize, packets: u32, bytes: u32): void {
  countPackets(endpointAt(endpointOfTunnel(tunnel)) + ENDPOINT_TX_PACKETS, packets, bytes);
}

// What became of a frame: how many datagrams, or a verdict's complement.

/** A frame that is one packet. `header`: VXLAN_BYTES, or 0 of a bare tunnel. */
// @ts-ignore: decorator
@inline
function sendOne(slot: u32, frame: usize, start: u32, length: u32, tunnel: usize, header: u32): i32 {
  if (header != 0) writeVxlan(frame - VXLAN_BYTES);
  wrap(slot, start - header, length + header, 0);
  countSent(tunnel, 1, length);
  return 1;
}

function sendSegments(slot: u32, frame: usize, start: u32, tunnel: usize): i32 {
  if (plannedTotal() > <u32>(slotEnd(AREA_TX, slot) - frame) + tunnelBytes) return ~TX_BAD_OFFLOAD;
  cut();
  wrap(slot, start - tunnelBytes, plannedTotal(), plannedBytes());
  countSent(tunnel, plannedSegments(), plannedFrames());
  return plannedSegments();
}

/** A frame with something left to do: a checksum to be made, or segments to be cut. */
function sendOffloaded(slot: u32, frame: usize, start: u32, length: u32, family: i32, tunnel: usize): i32 {
  const vnet = frame - VNET_BYTES;
  if (isSuperPacket(vnet)) {
    if (!plan(vnet, family, frame, length)) return ~TX_BAD_OFFLOAD;
    // Else too small to be cut, as the kernel's own check says: only its checksum is missing.
    if (plannedSegments() > 1) return sendSegments(slot, frame, start, tunnel);
  }
  if (!finishChecksum(vnet, frame, length)) return ~TX_BAD_OFFLOAD;
  return sendOne(slot, frame, start, length, tunnel, tunnelBytes);
}

// @ts-ignore: decorator
@inline
function encapSlot(slot: u32): i32 {
  const start = load<u32>(slot << 2, STARTS);
  const length = load<u32>(slot << 2, LENGTHS);
  if (!fits(start, length, VNET_BYTES)) return ~TX_BAD_SLOT;
  if (length < ETHERNET_BYTES) return ~TX_TRUNCATED;
  const frame = slotAt(AREA_TX, slot) + start;
  if (isGroup(frame)) return ~TX_GROUP_MAC;
  const packet = frame + ETHERNET_BYTES;
  const family = familyAt(frame + ETHERTYPE, packet, length - ETHERNET_BYTES);
  if (family == FAMILY_NONE) return ~TX_NOT_IP;
  if (family == FAMILY_MALFORMED) return ~TX_MALFORMED_IP;
  const index = lookupAt(family, destinationOf(family, packet));
  if (index == MISS) return ~TX_NO_TUNNEL;
  const tunnel = tunnelAt(index);
  address(slot, tunnel, sourcePort(family, packet, length - ETHERNET_BYTES), outerClass(family, packet));
  if (hasNothingToDo(frame - VNET_BYTES)) return sendOne(slot, frame, start, length, tunnel, VXLAN_BYTES);
  return sendOffloaded(slot, frame, start, length, family, tunnel);
}

/**
 * A frame as nearly all are: a valid packet of this family, of IPv4 one without options, whose tunnel is found in two
 * steps. All that one packet needs is in here, nothing is called, and so it stays in registers. `begin` is where the
 * slot does. Returns how many datagrams are to be sent, or 0: it is another frame, and as it was.
 */
// @ts-ignore: decorator
@inline
function sendPlain(family: i32, slot: u32, begin: usize): i32 {
  const start = load<u32>(slot << 2, STARTS);
  const length = load<u32>(slot << 2, LENGTHS);
  if (!fits(start, length, VNET_BYTES)) return 0;
  if (length < ETHERNET_BYTES) return 0;
  const frame = begin + start;
  if (isGroup(frame)) return 0;
  const packet = frame + ETHERNET_BYTES;
  if (!isPlainPacket(family, frame + ETHERTYPE, packet, length - ETHERNET_BYTES)) return 0;
  const index = lookupNear(family, destinationOf(family, packet));
  if (index == MISS) return 0;
  const tunnel = tunnelAt(index);
  address(slot, tunnel, sourcePort(family, packet, length - ETHERNET_BYTES), outerClass(family, packet));
  if (hasNothingToDo(frame - VNET_BYTES)) return sendOne(slot, frame, start, length, tunnel, VXLAN_BYTES);
  return max(0, sendOffloaded(slot, frame, start, length, family, tunnel));
}

function sendPlain6(slot: u32, begin: usize): i32 {
  return sendPlain(6, slot, begin);
}

/**
 * A packet of a TUN. flannel sends from the port that it receives at, and carries no congestion mark back in, so that
 * none may be set on the way (RFC 6040 section 4.3).
 */
function encapBare(slot: u32): i32 {
  const start = load<u32>(slot << 2, STARTS);
  const length = load<u32>(slot << 2, LENGTHS);
  if (!fits(start, length, VNET_BYTES)) return ~TX_BAD_SLOT;
  const packet = slotAt(AREA_TX, slot) + start;
  const family = bareFamilyAt(packet, length);
  if (family == FAMILY_NONE) return ~TX_NOT_IP;
  if (family == FAMILY_MALFORMED) return ~TX_MALFORMED_IP;
  const index = lookupAt(family, destinationOf(family, packet));
  if (index == MISS) return ~TX_NO_TUNNEL;
  const tunnel = tunnelAt(index);
  address(slot, tunnel, 0, 0);
  if (hasNothingToDo(packet - VNET_BYTES)) return sendOne(slot, packet, start, length, tunnel, 0);
  return sendOffloaded(slot, packet, start, length, family, tunnel);
}

/** Any frame. */
function sendAny(slot: u32): i32 {
  const became = isBare ? encapBare(slot) : encapSlot(slot);
  if (became > 0) return became;
  judge(slot, ~became, 1);
  if (keepsFlows()) noteUnsent(slot, ~became, ~became != TX_BAD_SLOT);
  store<u32>(slot << 2, 0, LENGTHS);
  return 0;
}

/** Encapsulates slots 0…count-1; those dropped get length 0. Returns how many datagrams are to be sent. */
export function encapSlots(count: u32): u32 {
  let datagrams: u32 = 0;
  let begin = slotAt(AREA_TX, 0);
  for (let slot: u32 = 0; slot < count; slot++) {
    datagrams += isBare ? sendAny(slot) : sendPlain(4, slot, begin) || sendPlain6(slot, begin) || sendAny(slot);
    if (keepsFlows() && load<u8>(slot, VERDICTS) == TX_TUNNELED) noteSent(slot);
    begin += slotBytes;
  }
  countVerdict(TX_TUNNELED, datagrams);
  return datagrams;
}
