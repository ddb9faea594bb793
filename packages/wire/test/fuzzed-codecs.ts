/**
 * What the fuzz test knows of each codec, worked out apart from the code under test: where its checksum lies and what
 * it covers, which lengths its header states, and which bits may be lost between parsing and emitting.
 */

import * as wire from '../src/index.js';

export interface FuzzedCodec<T = unknown> {
  readonly name: string;
  /** Where the header lies in frames of the corpus: alone, and inside VXLAN over IPv4 or IPv6. */
  readonly offsets: readonly number[];
  parse(bytes: Uint8Array): T | undefined;
  emit(value: T, into: Uint8Array): number;
  /** What the header says of its own length, and whether its checksum holds. */
  holds(bytes: Uint8Array): boolean;
  /** How many bytes the header says there are. */
  length(bytes: Uint8Array): number;
  /** The bits of the byte at `at` that are not kept: reserved, unused, or the checksum, which `holds` looks at. */
  lost(at: number, bytes: Uint8Array): number;
  /** Makes the checksum right, so that mutations elsewhere get past it. */
  repair?(bytes: Uint8Array): void;
}

const codec = <T>(codec: FuzzedCodec<T>): FuzzedCodec => codec as FuzzedCodec;

const pseudo: wire.PseudoHeader = {
  source: 'fd00::1' as wire.IpAddress,
  destination: 'fd00::2' as wire.IpAddress,
};
/** The sum of the addresses above: fd00 + 1 + fd00 + 2. */
const PSEUDO_SUM = 0xfd00 * 2 + 3;

const LINK = [0, 50, 70];
const NETWORK = [14, 64, 84];
const TRANSPORT = [34, 54, 84, 104];

const word = (bytes: Uint8Array, at: number): number => (bytes[at] ?? 0) * 256 + (bytes[at + 1] ?? 0);

/** One's complement, carry by carry; see also oracle/checksum.ts, which is too slow for millions. */
function sumOf(bytes: Uint8Array, end: number, initial = 0): number {
  let sum = initial;
  for (let at = 0; at < end; at += 2) sum += bytes[at]! * 256 + (at + 1 < end ? bytes[at + 1]! : 0);
  while (sum > 0xffff) sum = (sum % 0x10000) + (sum >>> 16);
  return sum;
}

function repairAt(at: number, bytes: Uint8Array, end: number, initial = 0): void {
  if (end > bytes.length || at + 2 > end) return;
  bytes[at] = bytes[at + 1] = 0;
  const checksum = 0xffff - sumOf(bytes, end, initial);
  bytes[at] = checksum >> 8;
  bytes[at + 1] = checksum & 0xff;
}

/** The bits lost of two whole bytes at `start`. */
const wholeWord = (at: number, start: number): number => (at === start || at === start + 1 ? 0xff : 0);

const transportSum = (bytes: Uint8Array, end: number, protocol: number): number =>
  sumOf(bytes, end, PSEUDO_SUM + protocol + end);

const always = (): boolean => true;
const nothing = (): number => 0;
const whole = (bytes: Uint8Array): number => bytes.length;

const ethernet = codec<wire.EthernetFrame>({
  name: 'Ethernet',
  offsets: LINK,
  parse: wire.parseEthernet,
  emit: wire.emitEthernet,
  holds: (bytes) => bytes.length >= 14,
  length: whole,
  lost: nothing,
});

const arp = codec<wire.ArpPacket>({
  name: 'ARP',
  offsets: NETWORK,
  parse: wire.parseArp,
  emit: wire.emitArp,
  holds: (bytes) => word(bytes, 0) === 1 && word(bytes, 2) === 0x0800 && word(bytes, 4) === 0x0604,
  length: () => 28,
  lost: nothing,
});

const ipv4HeaderBytes = (bytes: Uint8Array): number => (bytes[0]! % 16) * 4;

const ipv4 = codec<wire.Ipv4Packet>({
  name: 'IPv4',
  offsets: NETWORK,
  parse: wire.parseIpv4,
  emit: wire.emitIpv4,
  holds: (bytes) =>
    bytes[0]! >= 0x45 &&
    bytes[0]! <= 0x4f &&
    word(bytes, 2) >= ipv4HeaderBytes(bytes) &&
    sumOf(bytes, ipv4HeaderBytes(bytes)) === 0xffff,
  length: (bytes) => word(bytes, 2),
  // The highest bit of the flags is reserved (RFC 791).
  lost: (at) => (at === 6 ? 0x80 : wholeWord(at, 10)),
  repair: (bytes) => {
    if (bytes.length > 0 && bytes[0]! >> 4 === 4) repairAt(10, bytes, ipv4HeaderBytes(bytes));
  },
});

const ipv6 = codec<wire.Ipv6Packet>({
  name: 'IPv6',
  offsets: NETWORK,
  parse: wire.parseIpv6,
  emit: wire.emitIpv6,
  holds: (bytes) => bytes[0]! >> 4 === 6,
  length: (bytes) => 40 + word(bytes, 4),
  lost: nothing,
});

/** Destination unreachable has the MTU in the low half of its second word, for one code; time exceeded has nothing. */
function unusedByIcmp(at: number, [type, code]: Uint8Array): number {
  if (at < 4 || at > 7 || (type !== 3 && type !== 11)) return 0;
  return type === 3 && code === 4 && at > 5 ? 0 : 0xff;
}

const icmp = codec<wire.IcmpMessage>({
  name: 'ICMP',
  offsets: TRANSPORT,
  parse: wire.parseIcmp,
  emit: wire.emitIcmp,
  holds: (bytes) => sumOf(bytes, bytes.length) === 0xffff,
  length: whole,
  lost: (at, bytes) => wholeWord(at, 2) | unusedByIcmp(at, bytes),
  repair: (bytes) => repairAt(2, bytes, bytes.length),
});

/** Unreachable, time exceeded and solicitation leave the second word unused, advertisement all but three bits. */
function unusedByIcmpv6(at: number, [type]: Uint8Array): number {
  if (at < 4 || at > 7) return 0;
  if (type === 136) return at === 4 ? 0x1f : 0xff;
  return type === 1 || type === 3 || type === 135 ? 0xff : 0;
}

const icmpv6 = codec<wire.Icmpv6Message>({
  name: 'ICMPv6',
  offsets: TRANSPORT,
  parse: (bytes) => wire.parseIcmpv6(bytes, pseudo),
  emit: (value, into) => wire.emitIcmpv6(value, into, pseudo),
  holds: (bytes) => transportSum(bytes, bytes.length, 58) === 0xffff,
  length: whole,
  lost: (at, bytes) => wholeWord(at, 2) | unusedByIcmpv6(at, bytes),
  repair: (bytes) => repairAt(2, bytes, bytes.length, PSEUDO_SUM + 58 + bytes.length),
});

const udp = codec<wire.UdpDatagram>({
  name: 'UDP',
  offsets: TRANSPORT,
  parse: (bytes) => wire.parseUdp(bytes, pseudo),
  emit: (value, into) => wire.emitUdp(value, into, pseudo),
  holds: (bytes) => {
    const length = word(bytes, 4);
    return length >= 8 && word(bytes, 6) !== 0 && transportSum(bytes, length, 17) === 0xffff;
  },
  length: (bytes) => word(bytes, 4),
  lost: (at) => wholeWord(at, 6),
  repair: (bytes) => repairAt(6, bytes, word(bytes, 4), PSEUDO_SUM + 17 + word(bytes, 4)),
});

const tcp = codec<wire.TcpSegment>({
  name: 'TCP',
  offsets: TRANSPORT,
  parse: (bytes) => wire.parseTcp(bytes, pseudo),
  emit: (value, into) => wire.emitTcp(value, into, pseudo),
  holds: (bytes) =>
    bytes[12]! >> 4 >= 5 &&
    (bytes[12]! >> 4) * 4 <= bytes.length &&
    transportSum(bytes, bytes.length, 6) === 0xffff,
  length: whole,
  // RFC 9293, section 3.1: four reserved bits, one of which RFC 9768 took.
  lost: (at) => (at === 12 ? 0x0e : wholeWord(at, 16)),
  repair: (bytes) => repairAt(16, bytes, bytes.length, PSEUDO_SUM + 6 + bytes.length),
});

const vxlan = codec<wire.VxlanPacket>({
  name: 'VXLAN',
  offsets: [42, 62],
  parse: wire.parseVxlan,
  emit: wire.emitVxlan,
  holds: (bytes) => (bytes[0]! & 8) !== 0,
  length: whole,
  lost: (at) => (at === 0 ? 0xf7 : at < 4 || at === 7 ? 0xff : 0),
});

/** Up to the end-of-list option: what lies behind it is padding. */
const tcpOptions = codec<wire.TcpOption[]>({
  name: 'TCP options',
  offsets: [54, 74, 104, 124],
  parse: wire.parseTcpOptions,
  emit: (options, into) => {
    let at = 0;
    for (const option of options) at += wire.emitTcpOption(option, into.subarray(at));
    return at;
  },
  holds: always,
  length: (bytes) => {
    let at = 0;
    while (at < bytes.length && bytes[at] !== 0) at += bytes[at] === 1 ? 1 : bytes[at + 1]!;
    return at;
  },
  lost: nothing,
});

const ndpOptions = codec<wire.NdpOption[]>({
  name: 'NDP options',
  offsets: [78, 148],
  parse: wire.parseNdpOptions,
  emit: (options, into) => {
    let at = 0;
    for (const option of options) at += wire.emitNdpOption(option, into.subarray(at));
    return at;
  },
  holds: always,
  length: whole,
  lost: nothing,
});

export const FUZZED_CODECS: readonly FuzzedCodec[] = [
  ...[ethernet, arp, ipv4, ipv6, icmp, icmpv6, udp, tcp, vxlan],
  ...[tcpOptions, ndpOptions],
];
