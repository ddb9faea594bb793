/**
 * Destination unreachable, net unreachable (RFC 792, RFC 1812 section 5.2.7.1) for packets that no tunnel leads
 * anywhere with. The message is flannel's, byte for byte (pkg/backend/udp/proxy_amd64.c), and lies before the packet,
 * whose first bytes are the end of it:
 *
 *     handed over    | headroom … vnet_hdr 10 | IP header | payload … |
 *     answer     | IP header 20 | ICMP header 8 | IP header | 8 bytes |
 *
 * What must not be answered is not (RFC 1812 section 4.3.2.7, Linux: __icmp_send).
 */
import { AREA_TX, TX_NO_TUNNEL, VNET_BYTES } from '../src/layout';
import { fold, onesComplementSum, sumOf } from './checksum';
import { addFrame, beginFrames, endFrames } from './frames';
import {
  IPV4_CHECKSUM,
  IPV4_DESTINATION,
  IPV4_FRAGMENT,
  IPV4_HEADER,
  IPV4_LENGTH,
  IPV4_PROTOCOL,
  IPV4_SOURCE,
  ipBytes,
  ipHeaderBytes,
  loadShort,
} from './ip';
import { isBare } from './kind';
import { finishChecksum, isSuperPacket } from './segment';
import { slotAt, STARTS, VERDICTS } from './slots';
import { networkShort } from './transport';

const PROTOCOL_ICMP: u8 = 1;
const ICMP_HEADER: u32 = 8;
const ICMP_CHECKSUM: usize = 2;
const QUOTED_PAYLOAD: u32 = 8;
/** Type 3, code 0; checksum and unused bytes 0. */
const NET_UNREACHABLE: u64 = 3;
/** Types 3, 4, 5, 11 and 12 are errors; what comes after 18 is unknown, and may be one. */
const ICMP_ERRORS: u32 = 0x1838;
const ICMP_LAST_KNOWN: u32 = 18;
const HOP_LIMIT: u8 = 8;
const FRAGMENT_OFFSET: u32 = 0x1fff;
const BEFORE: u32 = IPV4_HEADER + ICMP_HEADER;

/** Of the device, as it lies in packets. */
let ourAddress: u32 = 0;

export function setAddress(at: usize): void {
  ourAddress = load<u32>(at);
}

/** Neither 0/8 nor loopback nor multicast nor what is reserved, all-ones among it. */
function isHost(at: usize): bool {
  const first = load<u8>(at);
  return first != 0 && first != 127 && first < 224;
}

function isIcmpError(packet: usize): bool {
  if (load<u8>(packet, IPV4_PROTOCOL) != PROTOCOL_ICMP) return false;
  const header = ipHeaderBytes(4, packet);
  const type = <u32>load<u8>(packet + header);
  return header == ipBytes(4, packet) || type > ICMP_LAST_KNOWN || ((ICMP_ERRORS >> type) & 1) != 0;
}

function mayAnswer(packet: usize): bool {
  if ((loadShort(packet + IPV4_FRAGMENT) & FRAGMENT_OFFSET) != 0) return false;
  return isHost(packet + IPV4_SOURCE) && load<u8>(packet, IPV4_DESTINATION) < 224 && !isIcmpError(packet);
}

/** What is quoted has the checksum that the device left to be made, unless it stands for several packets. */
function finishQuoted(packet: usize): void {
  const vnet = packet - VNET_BYTES;
  if (!isSuperPacket(vnet)) finishChecksum(vnet, packet, ipBytes(4, packet));
}

function writeIp(at: usize, bytes: u32, destination: u32): void {
  store<u64>(at, <u64>0x45 | (<u64>networkShort(bytes) << 16));
  store<u32>(at, <u32>HOP_LIMIT | (<u32>PROTOCOL_ICMP << 8), 8);
  store<u32>(at, ourAddress, IPV4_SOURCE);
  store<u32>(at, destination, IPV4_DESTINATION);
  store<u16>(at, <u16>~onesComplementSum(at, IPV4_HEADER), IPV4_CHECKSUM);
}

function answer(packet: usize): void {
  finishQuoted(packet);
  const destination = load<u32>(packet, IPV4_SOURCE);
  const quoted = min(ipBytes(4, packet), ipHeaderBytes(4, packet) + QUOTED_PAYLOAD);
  const message = packet - ICMP_HEADER;
  store<u64>(message, NET_UNREACHABLE);
  store<u16>(message, <u16>~fold(sumOf(message, ICMP_HEADER + quoted)), ICMP_CHECKSUM);
  writeIp(packet - BEFORE, BEFORE + quoted, destination);
  addFrame(packet - BEFORE, BEFORE + quoted);
}

/**
 * Makes, of slots 0…count-1 as encapsulation left them, at most `most` answers, which lie in AREA_FRAMES; returns how
 * many. What has a link layer has its own way to say that nobody is there: of such tunnels there are none.
 */
export function answerSlots(count: u32, most: u32): u32 {
  beginFrames();
  let answered: u32 = 0;
  for (let slot: u32 = 0; isBare && slot < count && answered < most; slot++) {
    const start = load<u32>(slot << 2, STARTS);
    if (load<u8>(slot, VERDICTS) != TX_NO_TUNNEL || start < BEFORE) continue;
    const packet = slotAt(AREA_TX, slot) + start;
    if (!mayAnswer(packet)) continue;
    answer(packet);
    answered++;
  }
  return endFrames();
}
