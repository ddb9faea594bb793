/**
 * What the flow table is told of the packets of a batch: the key of each is read from its inner headers where these are
 * valid, and has no addresses where they are not. Called for every packet that has a verdict, so that the packets of
 * all flows are those of all verdicts.
 */
import {
  AREA_TX,
  FLOW_ICMP_ECHO,
  FLOW_ICMP_TYPE,
  FLOW_NO_PORTS,
  FLOW_NO_VNI,
  FLOW_TRANSPORT_PORTS,
  RX_DELIVERED,
  RX_DELIVERED_OUTSIDE,
  TX_BAD_OFFLOAD,
  TX_TUNNELED,
} from '../src/layout';
import { countFlow } from './flow-table';
import {
  bareFamilyAt,
  destinationOf,
  ETHERTYPE_IPV4,
  FAMILY_NONE,
  familyAt,
  ipBytes,
  ipHeaderBytes,
  isFragment,
  protocolOf,
  sourceOf,
} from './ip';
import { isBare, linkBytes, tunnelBytes } from './kind';
import { ADDRESSES, LENGTHS, SEGMENTS, slotAt, STARTS } from './slots';
import { PROTOCOL_TCP, PROTOCOL_UDP } from './transport';
import { ETHERNET_BYTES, ETHERTYPE, hasVni, ourVni, VXLAN_BYTES, vniAt } from './vxlan';

const PROTOCOL_ICMP: u32 = 1;
const PROTOCOL_ICMPV6: u32 = 58;
const ECHO_REPLY: u32 = 0;
const ECHO_REQUEST: u32 = 8;
const ECHO_REQUEST6: u32 = 128;
const ECHO_REPLY6: u32 = 129;

// @ts-ignore: decorator
@inline
function addressAt(family: i32, at: usize): v128 {
  if (family == 4) return i64x2.replace_lane(i64x2.splat(0), 1, (<u64>load<u32>(at) << 32) | 0xffff0000);
  return v128.load(at);
}

// @ts-ignore: decorator
@inline
function isEcho(type: u32): bool {
  return type == ECHO_REQUEST || type == ECHO_REPLY || type == ECHO_REQUEST6 || type == ECHO_REPLY6;
}

/** The first eight bytes from FLOW_PORTS on: ports in the lower half, above them protocol, family, verdict and kind. */
// @ts-ignore: decorator
@inline
function wordOf(ports: u32, protocol: u32, family: i32, verdict: i32, kind: u32): u64 {
  return (<u64>(protocol | (<u32>family << 8) | (<u32>verdict << 16) | (kind << 24)) << 32) | ports;
}

/** `room`: bytes from the packet's beginning that may be read. */
// @ts-ignore: decorator
@inline
function restOf(family: i32, packet: usize, room: u32, verdict: i32): u64 {
  const protocol = protocolOf(family, packet);
  const header = ipHeaderBytes(family, packet);
  const bytes = min(ipBytes(family, packet), room);
  if (!isFragment(family, packet) && bytes >= header + 4) {
    const segment = packet + header;
    if (protocol == PROTOCOL_TCP || protocol == PROTOCOL_UDP)
      return wordOf(load<u32>(segment), protocol, family, verdict, FLOW_TRANSPORT_PORTS);
    if (protocol == PROTOCOL_ICMP || protocol == PROTOCOL_ICMPV6) {
      const type = <u32>load<u16>(segment);
      if (bytes < header + 8 || !isEcho(type & 0xff)) return wordOf(type, protocol, family, verdict, FLOW_ICMP_TYPE);
      return wordOf(type | (<u32>load<u16>(segment, 4) << 16), protocol, family, verdict, FLOW_ICMP_ECHO);
    }
  }
  return wordOf(0, protocol, family, verdict, FLOW_NO_PORTS);
}

// @ts-ignore: decorator
@inline
function withVni(word: u64, vni: u32): v128 {
  return i64x2.replace_lane(i64x2.splat(vni), 0, word);
}

/** A packet without a header that could be believed. */
function noteUnread(verdict: i32, packets: u32, bytes: u32, peer: v128, vni: u32): void {
  const none = i64x2.splat(0);
  const rest = withVni(wordOf(0, 0, 0, verdict, FLOW_NO_PORTS), vni);
  countFlow(verdict < RX_DELIVERED, none, none, peer, rest, packets, bytes);
}

function noteRead(
  verdict: i32,
  family: i32,
  packet: usize,
  room: u32,
  packets: u32,
  bytes: u32,
  peer: v128,
  vni: u32,
): void {
  const rest = withVni(restOf(family, packet, room, verdict), vni);
  const source = addressAt(family, sourceOf(family, packet));
  const destination = addressAt(family, destinationOf(family, packet));
  countFlow(verdict < RX_DELIVERED, source, destination, peer, rest, packets, bytes);
}

/** Of a frame that went on its way, and so is valid. */
// @ts-ignore: decorator
@inline
function validFamily(frame: usize): i32 {
  return isBare || load<u16>(frame, ETHERTYPE) == ETHERTYPE_IPV4 ? 4 : 6;
}

/** 4 or 6 where the frame's packet is valid. */
function familyIn(frame: usize, length: u32): i32 {
  if (isBare) return bareFamilyAt(frame, length);
  return length < ETHERNET_BYTES
    ? FAMILY_NONE
    : familyAt(frame + ETHERTYPE, frame + ETHERNET_BYTES, length - ETHERNET_BYTES);
}

/** Some that did not: `length` bytes of the frame can be read. */
function noteDropped(verdict: i32, frame: usize, length: u32, bytes: u32, peer: v128, vni: u32): void {
  const family = familyIn(frame, length);
  if (family <= FAMILY_NONE) noteUnread(verdict, 1, bytes, peer, vni);
  else noteRead(verdict, family, frame + linkBytes, length - linkBytes, 1, bytes, peer, vni);
}

/** A slot of TX, after it was tunneled. */
export function noteSent(slot: u32): void {
  const total = load<u32>(slot << 2, LENGTHS);
  const segment = load<u32>(slot << 2, SEGMENTS);
  const packets = segment == 0 ? 1 : (total - 1) / segment + 1;
  const frame = slotAt(AREA_TX, slot) + load<u32>(slot << 2, STARTS) + tunnelBytes;
  const peer = v128.load(slot << 4, ADDRESSES);
  const room = total - tunnelBytes - linkBytes;
  const vni = isBare ? FLOW_NO_VNI : ourVni();
  const bytes = total - packets * tunnelBytes;
  noteRead(TX_TUNNELED, validFamily(frame), frame + linkBytes, room, packets, bytes, peer, vni);
}

/** A slot of TX that is dropped, its start and length as they were. `fits`: whether they lie inside it. */
export function noteUnsent(slot: u32, verdict: i32, fits: bool): void {
  const length = fits ? load<u32>(slot << 2, LENGTHS) : 0;
  // A tunnel has been found, and its address noted, before offloads are looked at.
  const peer = verdict == TX_BAD_OFFLOAD ? v128.load(slot << 4, ADDRESSES) : i64x2.splat(0);
  const frame = slotAt(AREA_TX, slot) + load<u32>(slot << 2, STARTS);
  noteDropped(verdict, frame, length, length, peer, isBare ? FLOW_NO_VNI : ourVni());
}

/** Datagrams of an element of RX that can't be read. */
export function noteUnreceived(element: u32, verdict: i32, packets: u32): void {
  noteUnread(verdict, packets, 0, v128.load(element << 4, ADDRESSES), FLOW_NO_VNI);
}

/** A frame of an element of RX that went on. */
export function noteDelivered(element: u32, verdict: i32, frame: usize, length: u32): void {
  const peer = v128.load(element << 4, ADDRESSES);
  const vni = isBare ? FLOW_NO_VNI : ourVni();
  noteRead(verdict, validFamily(frame), frame + linkBytes, length - linkBytes, 1, length, peer, vni);
}

function noteRefused(element: u32, verdict: i32, datagram: usize, length: u32): void {
  const peer = v128.load(element << 4, ADDRESSES);
  const bytes = length < tunnelBytes ? 0 : length - tunnelBytes;
  if (isBare) noteDropped(verdict, datagram, length, length, peer, FLOW_NO_VNI);
  else if (length < VXLAN_BYTES || !hasVni(datagram)) noteUnread(verdict, 1, bytes, peer, FLOW_NO_VNI);
  else noteDropped(verdict, datagram + VXLAN_BYTES, bytes, bytes, peer, vniAt(datagram));
}

/** A datagram of an element of RX, right after its verdict. */
export function noteReceived(element: u32, verdict: i32, datagram: usize, length: u32): void {
  if (verdict > RX_DELIVERED_OUTSIDE) noteRefused(element, verdict, datagram, length);
  else noteDelivered(element, verdict, datagram + tunnelBytes, length - tunnelBytes);
}
