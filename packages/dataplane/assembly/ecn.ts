/**
 * Congestion marks through the tunnel (RFC 6040), done as Linux's vxlan does (include/net/inet_ecn.h): the outer mark
 * is the inner one, CE as ECT(0); coming back, an outer CE becomes an inner CE, and an outer ECT(1) an inner ECT(1).
 *
 *   traffic class   | DSCP 6 | ECN 2 |    00 not ECT, 01 ECT(1), 10 ECT(0), 11 CE
 */
import { fold } from './checksum';
import { IPV4_CHECKSUM } from './ip';

const ECN: u32 = 3;
const NOT_ECT: u32 = 0;
const ECT_1: u32 = 1;
const ECT_0: u32 = 2;
const CE: u32 = 3;

// @ts-ignore: decorator
@inline
function trafficClassOf(family: i32, packet: usize): u32 {
  return family == 4 ? load<u8>(packet, 1) : (<u32>bswap<u16>(load<u16>(packet)) >> 4) & 0xff;
}

/** The outer traffic class of a packet: DSCP 0. */
// @ts-ignore: decorator
@inline
export function outerClass(family: i32, packet: usize): u32 {
  const ecn = trafficClassOf(family, packet) & ECN;
  return ecn == CE ? ECT_0 : ecn;
}

/** Exchanges the ECN bits; of IPv4 the header checksum is updated (RFC 1624, equation 3). */
function remark(family: i32, packet: usize, ecn: u32): void {
  if (family == 6) {
    store<u8>(packet, (load<u8>(packet, 1) & 0xcf) | (ecn << 4), 1);
    return;
  }
  const before = load<u16>(packet);
  store<u8>(packet, (load<u8>(packet, 1) & ~ECN) | ecn, 1);
  const sum = <u64>(~load<u16>(packet, IPV4_CHECKSUM) & 0xffff) + <u64>(~before & 0xffff) + <u64>load<u16>(packet);
  store<u16>(packet, <u16>~fold(sum), IPV4_CHECKSUM);
}

/** Whether an outer mark changes anything: not ECT and ECT(0) do not. */
// @ts-ignore: decorator
@inline
export function isMarked(outer: u32): bool {
  return (outer & ECT_1) != 0;
}

/** Carries the outer mark over to the inner packet. False: a router marked what cannot be marked, drop it. */
// @ts-ignore: decorator
@inline
export function carryMark(outer: u32, family: i32, packet: usize): bool {
  return !isMarked(outer) || setMark(outer & ECN, family, packet);
}

function setMark(mark: u32, family: i32, packet: usize): bool {
  const inner = trafficClassOf(family, packet) & ECN;
  if (inner == NOT_ECT) return mark != CE;
  if (inner != CE && (mark == CE || inner == ECT_0)) remark(family, packet, mark);
  return true;
}
