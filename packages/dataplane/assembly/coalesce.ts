/**
 * Consecutive segments of one flow become one super-packet for the device, by the rules of the kernel's own receive
 * offload (Linux: inet_gro_receive, inet_gro_flush, ipv6_gro_receive, tcp_gro_receive, udp_gro_receive): equal headers
 * but for lengths, checksums, sequence and identification; contiguous; all as long as the first but the last.
 *
 *     in     | headers | payload 0 |     | headers | payload 1 |     | headers | payload 2 |
 *     out    | headers | payload 0 |               | payload 1 |               | payload 2 |     one frame, three pieces
 *
 * Nothing is moved. The first headers are made those of the whole once it is complete. Checksums are verified before
 * anything is merged, and only then: what goes on alone is the receiving kernel's to judge.
 */
import { COALESCE_TCP, COALESCE_UDP } from '../src/layout';
import { onesComplementSum } from './checksum';
import { addFrame, addPiece } from './frames';
import {
  DONT_FRAGMENT,
  IPV4_CHECKSUM,
  IPV4_FRAGMENT,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV6_HEADER,
  IPV6_LENGTH,
  PLAIN_IPV4,
  ipBytes,
  ipHeaderBytes,
  isFragment,
  loadShort,
  protocolOf,
} from './ip';
import {
  FLAG_CWR,
  FLAG_FIN,
  FLAG_PSH,
  FLAG_RST,
  FLAG_SYN,
  FLAG_URG,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_ACKNOWLEDGMENT,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  TCP_URGENT,
  UDP_CHECKSUM,
  UDP_HEADER,
  UDP_LENGTH,
  checksumAt,
  networkShort,
  pseudoSum,
  segmentHolds,
  tcpHeaderBytes,
} from './transport';
import { linkBytes } from './kind';
import { VNET_GSO_ECN, VNET_GSO_TCPV4, VNET_GSO_TCPV6, VNET_GSO_UDP_L4, writeSuperPacket } from './vnet';

/** The largest IP packet that is no jumbogram. */
const MAX_PACKET: u32 = 65535;
/** UDP_MAX_SEGMENTS of older kernels: a device refuses a longer train. */
const MAX_UDP_SEGMENTS: u32 = 64;
/** Far below IOV_MAX of Linux, which bounds the pieces of one write. */
const MAX_MERGED: u32 = 512;

/** COALESCE_… bits: what the device takes merged. */
let enabled: u32 = 0;

// The segment that is being looked at.
let frame: usize = 0;
let family: i32 = 0;
let protocol: u32 = 0;
let transport: u32 = 0;
let headers: u32 = 0;
let payload: u32 = 0;

// The frame that segments are being added to. `open` is where its vnet_hdr lies, 0: none can be added.
let open: usize = 0;
let head: usize = 0;
let headFamily: i32 = 0;
let headProtocol: u32 = 0;
let headTransport: u32 = 0;
let headHeaders: u32 = 0;
let size: u32 = 0;
let count: u32 = 0;
let total: u32 = 0;
let verified: bool = false;
let fixedId: bool = false;

/** Between batches: no frame is open then. */
export function setCoalescing(kinds: u32): void {
  enabled = kinds;
}

/** Whether a segment of this kind may be merged at all. */
function isCandidate(length: u32): bool {
  const packet = frame + linkBytes;
  if (family == 4 && load<u8>(packet) != PLAIN_IPV4) return false;
  if (isFragment(family, packet) || ipBytes(family, packet) + linkBytes != length) return false;
  transport = linkBytes + ipHeaderBytes(family, packet);
  protocol = protocolOf(family, packet);
  if (protocol == PROTOCOL_TCP) return (enabled & COALESCE_TCP) != 0 && isTcpCandidate(length);
  return protocol == PROTOCOL_UDP && (enabled & COALESCE_UDP) != 0 && isUdpCandidate(length);
}

function isTcpCandidate(length: u32): bool {
  if (length < transport + TCP_HEADER) return false;
  const tcp = frame + transport;
  const bytes = tcpHeaderBytes(tcp);
  headers = transport + bytes;
  payload = length - headers;
  if (bytes < TCP_HEADER || headers >= length) return false;
  return (load<u8>(tcp, TCP_FLAGS + 1) & (FLAG_SYN | FLAG_RST | FLAG_URG)) == 0;
}

/** One without a checksum is not verified, and could not be told from one with after the kernel cut it. */
function isUdpCandidate(length: u32): bool {
  headers = transport + UDP_HEADER;
  if (length <= headers) return false;
  payload = length - headers;
  const udp = frame + transport;
  return loadShort(udp + UDP_LENGTH) == length - transport && load<u16>(udp, UDP_CHECKSUM) != 0;
}

// @ts-ignore: decorator
@inline
function differs16(offset: usize): u32 {
  return <u32>load<u16>(frame + offset) ^ <u32>load<u16>(head + offset);
}

// @ts-ignore: decorator
@inline
function differs32(offset: usize): u32 {
  return load<u32>(frame + offset) ^ load<u32>(head + offset);
}

// @ts-ignore: decorator
@inline
function differs64(offset: usize): u64 {
  return load<u64>(frame + offset) ^ load<u64>(head + offset);
}

/** MACs, ethertype, and the IP header but for length, identification and checksum. */
function sameIp(): bool {
  const ip: usize = linkBytes;
  if (ip != 0 && (differs64(0) | differs32(8) | differs16(12)) != 0) return false;
  if (family == 4) {
    const fixed = differs16(ip) | differs16(ip + 6) | differs16(ip + 8);
    return (differs64(ip + 12) | fixed) == 0 && followsId();
  }
  const fixed = differs32(ip) | differs16(ip + 6);
  return (differs64(ip + 8) | differs64(ip + 16) | differs64(ip + 24) | differs64(ip + 32) | fixed) == 0;
}

/** Identifications count up; in packets that are never fragmented all may be equal instead (RFC 6864 section 4). */
function followsId(): bool {
  const id = <usize>linkBytes + IPV4_IDENTIFICATION;
  const step = (loadShort(frame + id) - loadShort(head + id)) & 0xffff;
  const atomic = (load<u16>(frame + linkBytes, IPV4_FRAGMENT) & DONT_FRAGMENT) != 0;
  if (count == 1 && atomic) fixedId = step == 0;
  return step == (fixedId ? 0 : count);
}

/** Flags and window but for FIN, PSH and the first one's CWR; acknowledgment; urgent pointer and options. */
function sameTcp(): bool {
  const tcp: usize = transport;
  const ignored = (FLAG_FIN | FLAG_PSH | FLAG_CWR) << 8;
  let difference = differs32(tcp) | differs32(tcp + TCP_ACKNOWLEDGMENT) | differs16(tcp + TCP_URGENT);
  difference |= differs32(tcp + TCP_FLAGS) & ~ignored;
  for (let at = tcp + TCP_HEADER; at < headers; at += 4) difference |= differs32(at);
  if (difference != 0 || (load<u8>(frame + tcp, TCP_FLAGS + 1) & FLAG_CWR) != 0) return false;
  return bswap<u32>(load<u32>(frame + tcp, TCP_SEQUENCE)) == bswap<u32>(load<u32>(head + tcp, TCP_SEQUENCE)) + total;
}

function sameUdp(): bool {
  return count < MAX_UDP_SEGMENTS && differs32(transport) == 0;
}

/** Whether the segment continues the open frame; checksums apart. */
function continues(): bool {
  if (family != headFamily || protocol != headProtocol || headers != headHeaders || payload > size) return false;
  if (count >= MAX_MERGED || headers - linkBytes + total + payload > MAX_PACKET || !sameIp()) return false;
  return protocol == PROTOCOL_TCP ? sameTcp() : sameUdp();
}

// @ts-ignore: decorator
@inline
function holds(at: usize, bytes: u32): bool {
  return segmentHolds(family, at + linkBytes, protocol, at + transport, headers - transport + bytes);
}

/** A frame whose first checksum is wrong is not open any more, and goes on as it came. */
function verifyHead(): bool {
  if (!verified && !holds(head, size)) open = 0;
  verified = true;
  return open != 0;
}

/** After a segment that is shorter, or pushed, or the last, none follows. */
// @ts-ignore: decorator
@inline
function endsFlow(): bool {
  if (payload < size) return true;
  return protocol == PROTOCOL_TCP && (load<u8>(frame + transport, TCP_FLAGS + 1) & (FLAG_FIN | FLAG_PSH)) != 0;
}

function append(): void {
  addPiece(frame + headers, payload);
  total += payload;
  count++;
  if (protocol == PROTOCOL_TCP) {
    const flags = head + transport + TCP_FLAGS + 1;
    store<u8>(flags, load<u8>(flags) | (load<u8>(frame + transport, TCP_FLAGS + 1) & (FLAG_FIN | FLAG_PSH)));
  }
  if (endsFlow()) closeFrame();
}

function openFrame(length: u32): void {
  const vnet = addFrame(frame, length);
  size = payload;
  if (endsFlow()) return;
  open = vnet;
  head = frame;
  headFamily = family;
  headProtocol = protocol;
  headTransport = transport;
  headHeaders = headers;
  count = 1;
  total = payload;
  verified = false;
  fixedId = false;
}

function finishIp(packet: usize, bytes: u32): void {
  if (headFamily == 6) {
    store<u16>(packet, <u16>networkShort(bytes - IPV6_HEADER), IPV6_LENGTH);
    return;
  }
  store<u16>(packet, <u16>networkShort(bytes), IPV4_LENGTH);
  store<u16>(packet, 0, IPV4_CHECKSUM);
  store<u16>(packet, <u16>~onesComplementSum(packet, headTransport - linkBytes), IPV4_CHECKSUM);
}

function gsoType(): u32 {
  if (headProtocol == PROTOCOL_UDP) return VNET_GSO_UDP_L4;
  const cwr = (load<u8>(head + headTransport, TCP_FLAGS + 1) & FLAG_CWR) != 0;
  return (headFamily == 4 ? VNET_GSO_TCPV4 : VNET_GSO_TCPV6) | (cwr ? VNET_GSO_ECN : 0);
}

/** Ends the open frame, if there is one: where it has been added to, its headers become those of the whole. */
export function closeFrame(): void {
  if (open == 0) return;
  const vnet = open;
  open = 0;
  if (count == 1) return;
  const packet = head + linkBytes;
  const segment = headHeaders - headTransport + total;
  finishIp(packet, headTransport - linkBytes + segment);
  const offset = checksumAt(headProtocol);
  const at = head + headTransport;
  if (headProtocol == PROTOCOL_UDP) store<u16>(at, <u16>networkShort(segment), UDP_LENGTH);
  store<u16>(at + offset, <u16>pseudoSum(headFamily, packet, headProtocol, segment));
  writeSuperPacket(vnet, gsoType(), headHeaders, size, headTransport, offset);
}

/** Hands a valid frame on: added to the open one, or as one of its own. */
// @ts-ignore: decorator
@inline
export function deliver(at: usize, length: u32, packetFamily: i32): void {
  if (enabled == 0) addFrame(at, length);
  else coalesce(at, length, packetFamily);
}

function coalesce(at: usize, length: u32, packetFamily: i32): void {
  frame = at;
  family = packetFamily;
  if (!isCandidate(length)) {
    closeFrame();
    addFrame(at, length);
    return;
  }
  if (open != 0 && continues() && verifyHead() && holds(at, payload)) {
    append();
    return;
  }
  closeFrame();
  openFrame(length);
}
