/**
 * What a device's vnet_hdr leaves undone: checksums, and super-packets of TCP and UDP, which are cut into datagrams
 * inside their slot, a VXLAN header before each unless the tunnel is bare, as the kernel would cut them (Linux:
 * tcp_gso_segment, __udp_gso_segment, inet_gso_segment):
 *
 *     read        | … headroom |     headers | payload 0 | payload 1 | payload 2 |
 *     cut   | … headroom | VXLAN | headers | payload 0 | VXLAN | headers | payload 1 | VXLAN | headers | payload 2 |
 *
 * Payloads move up, the last first. Each move sums what it moves. The first headers are the template for all and so
 * are changed last.
 */
import { fold, moveUpAndSum, sumOf } from './checksum';
import {
  IPV4_CHECKSUM,
  IPV4_IDENTIFICATION,
  IPV4_LENGTH,
  IPV6_HEADER,
  IPV6_LENGTH,
  ipBytes,
  ipHeaderBytes,
  loadShort,
  protocolOf,
} from './ip';
import { isBare, linkBytes, tunnelBytes } from './kind';
import {
  FLAG_CWR,
  FLAG_FIN,
  FLAG_PSH,
  PROTOCOL_TCP,
  PROTOCOL_UDP,
  TCP_CHECKSUM,
  TCP_FLAGS,
  TCP_HEADER,
  TCP_SEQUENCE,
  UDP_CHECKSUM,
  UDP_HEADER,
  UDP_LENGTH,
  checksumAt,
  networkShort,
  tcpHeaderBytes,
} from './transport';
import { VXLAN_BYTES, writeVxlan } from './vxlan';
import {
  VNET_GSO_NONE,
  VNET_GSO_TCPV4,
  VNET_GSO_TCPV6,
  VNET_GSO_UDP_L4,
  checksumOffsetOf,
  checksumStartOf,
  gsoSizeOf,
  gsoTypeOf,
  needsChecksum,
} from './vnet';

// The super-packet that is being cut.
let family: i32 = 0;
let protocol: u32 = 0;
let frame: usize = 0;
/** From the frame to TCP or UDP. */
let transport: u32 = 0;
/** From the frame to the payload. */
let headers: u32 = 0;
let payload: u32 = 0;
let size: u32 = 0;
let segments: u32 = 0;
/** Sums of what is equal in all segments. */
let ipSum: u64 = 0;
let transportSum: u64 = 0;
let identification: u32 = 0;
let sequence: u32 = 0;
let flags: u32 = 0;

/** Datagrams that the frame last looked at by `plan` becomes, one after the other. */
export function plannedSegments(): u32 {
  return segments;
}

/** Bytes of all but the last of them. */
export function plannedBytes(): u32 {
  return tunnelBytes + headers + size;
}

/** Bytes of all of them. */
export function plannedTotal(): u32 {
  return segments * (tunnelBytes + headers) + payload;
}

/** Bytes of their frames. */
export function plannedFrames(): u32 {
  return segments * headers + payload;
}

// @ts-ignore: decorator
@inline
function familyOfType(type: u32): i32 {
  if (type == VNET_GSO_TCPV4) return 4;
  if (type == VNET_GSO_TCPV6) return 6;
  return type == VNET_GSO_UDP_L4 ? family : 0;
}

/** IPv6 may have extension headers between its own and the transport's; the kernel knows its way past them. */
function isTransportAt(start: u32): bool {
  const packet = frame + linkBytes;
  const direct = linkBytes + ipHeaderBytes(family, packet);
  if (start == direct) return protocolOf(family, packet) == protocol;
  return family == 6 && start > direct;
}

function findHeaders(vnet: usize, length: u32): bool {
  transport = checksumStartOf(vnet);
  if (!isTransportAt(transport) || checksumOffsetOf(vnet) != checksumAt(protocol)) return false;
  if (length <= transport + (protocol == PROTOCOL_TCP ? TCP_HEADER : UDP_HEADER)) return false;
  const bytes = protocol == PROTOCOL_TCP ? tcpHeaderBytes(frame + transport) : UDP_HEADER;
  headers = transport + bytes;
  return bytes >= UDP_HEADER && headers < length && (protocol == PROTOCOL_UDP || bytes >= TCP_HEADER);
}

/** Whether the frame is a super-packet that can be cut; the segments it becomes are then planned. */
export function plan(vnet: usize, packetFamily: i32, start: usize, length: u32): bool {
  const type = gsoTypeOf(vnet);
  family = packetFamily;
  frame = start;
  protocol = type == VNET_GSO_UDP_L4 ? PROTOCOL_UDP : PROTOCOL_TCP;
  size = gsoSizeOf(vnet);
  if (familyOfType(type) != family || size == 0 || !needsChecksum(vnet)) return false;
  if (ipBytes(family, start + linkBytes) + linkBytes != length || !findHeaders(vnet, length)) return false;
  payload = length - headers;
  segments = (payload + size - 1) / size;
  return true;
}

// @ts-ignore: decorator
@inline
export function isSuperPacket(vnet: usize): bool {
  return load<u8>(vnet, 1) != VNET_GSO_NONE;
}

/** The checksum that a device left to be made (Linux: skb_checksum_help). False: it lies outside the frame. */
export function finishChecksum(vnet: usize, start: usize, length: u32): bool {
  if (!needsChecksum(vnet)) return true;
  const from = checksumStartOf(vnet);
  const at = from + checksumOffsetOf(vnet);
  if (from < linkBytes || at + 2 > length) return false;
  const sum = ~fold(sumOf(start + from, length - from)) & 0xffff;
  store<u16>(start + at, <u16>(sum == 0 ? 0xffff : sum));
  return true;
}

/** The lengths, the identification and the checksum are left out. */
function sumIp(): void {
  if (family != 4) return;
  const packet = frame + linkBytes;
  identification = loadShort(packet + IPV4_IDENTIFICATION);
  const differing =
    <u64>load<u16>(packet, IPV4_LENGTH) +
    <u64>load<u16>(packet, IPV4_IDENTIFICATION) +
    <u64>load<u16>(packet, IPV4_CHECKSUM);
  // Each word taken away is a part of the sum, so nothing goes below zero.
  ipSum = sumOf(packet, transport - linkBytes) - differing;
}

/**
 * The checksum field holds the pseudo-header's sum, for the length of the whole. Taking that length out of it is
 * adding its complement.
 */
function sumTransport(): void {
  const at = frame + transport;
  const whole = networkShort(headers - transport + payload);
  transportSum = sumOf(at, headers - transport) + (~whole & 0xffff);
  if (protocol == PROTOCOL_UDP) {
    transportSum -= load<u16>(at, UDP_LENGTH);
    return;
  }
  sequence = bswap<u32>(load<u32>(at, TCP_SEQUENCE));
  flags = load<u8>(at, TCP_FLAGS + 1);
  const differing = <u64>load<u16>(at, TCP_SEQUENCE) + <u64>load<u16>(at, TCP_SEQUENCE + 2) + <u64>load<u16>(at, TCP_FLAGS);
  transportSum -= differing;
}

function writeIp(packet: usize, index: u32, bytes: u32): void {
  if (family == 6) {
    store<u16>(packet, <u16>networkShort(bytes - IPV6_HEADER), IPV6_LENGTH);
    return;
  }
  const length = networkShort(bytes);
  const id = networkShort(identification + index);
  store<u16>(packet, <u16>length, IPV4_LENGTH);
  store<u16>(packet, <u16>id, IPV4_IDENTIFICATION);
  store<u16>(packet, <u16>~fold(ipSum + length + id), IPV4_CHECKSUM);
}

/** CWR on the first only, FIN and PSH on the last only (RFC 3168 section 6.1.2; Linux: tcp_gso_segment). */
// @ts-ignore: decorator
@inline
function flagsOf(index: u32): u32 {
  let kept = flags;
  if (index != 0) kept &= ~FLAG_CWR;
  if (index != segments - 1) kept &= ~(FLAG_FIN | FLAG_PSH);
  return kept;
}

function writeTcp(at: usize, index: u32, bytes: u32, payloadSum: u64): void {
  store<u32>(at, bswap<u32>(sequence + index * size), TCP_SEQUENCE);
  store<u8>(at, <u8>flagsOf(index), TCP_FLAGS + 1);
  const differing = <u64>load<u32>(at, TCP_SEQUENCE) + <u64>load<u16>(at, TCP_FLAGS) + networkShort(bytes);
  store<u16>(at, <u16>~fold(transportSum + differing + payloadSum), TCP_CHECKSUM);
}

/** A checksum of zero would say that there is none. */
function writeUdp(at: usize, bytes: u32, payloadSum: u64): void {
  const length = networkShort(bytes);
  store<u16>(at, <u16>length, UDP_LENGTH);
  const sum = ~fold(transportSum + length + length + payloadSum) & 0xffff;
  store<u16>(at, <u16>(sum == 0 ? 0xffff : sum), UDP_CHECKSUM);
}

function writeHeaders(to: usize, index: u32, bytes: u32, payloadSum: u64): void {
  writeIp(to + linkBytes, index, headers - linkBytes + bytes);
  const at = to + transport;
  if (protocol == PROTOCOL_TCP) writeTcp(at, index, headers - transport + bytes, payloadSum);
  else writeUdp(at, headers - transport + bytes, payloadSum);
  if (!isBare) writeVxlan(to - VXLAN_BYTES);
}

/** 16 bytes at a time; the last 16 are those that end where the headers do, which are longer than that. */
// @ts-ignore: decorator
@inline
function copyHeaders(to: usize): void {
  const last = headers - 16;
  for (let i: u32 = 0; i < last; i += 16) v128.store(to + i, v128.load(frame + i));
  v128.store(to + last, v128.load(frame + last));
}

/** Cuts the frame that was planned. There is room for all of it, and for a VXLAN header before it. */
export function cut(): void {
  sumIp();
  sumTransport();
  const stride = plannedBytes();
  for (let index = segments - 1; index > 0; index--) {
    const bytes = min(size, payload - index * size);
    const to = frame + index * stride;
    const sum = moveUpAndSum(to + headers, frame + headers + index * size, bytes);
    copyHeaders(to);
    writeHeaders(to, index, bytes, sum);
  }
  const first = min(size, payload);
  writeHeaders(frame, 0, first, sumOf(frame + headers, first));
}
