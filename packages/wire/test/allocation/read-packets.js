/**
 * One view over many packets, all fields read and those written that can be. Started by allocation.test.ts with a
 * young generation so large that nothing of it is collected meanwhile; prints how much the heap grew.
 *
 * Each reader is small enough to be optimised as a whole: engines box numbers of 2^31 and above where it is not.
 */
import {
  ArpView,
  EthernetView,
  IcmpView,
  Icmpv6View,
  Ipv4View,
  Ipv6View,
  TcpView,
  UdpView,
  upperLayerAt,
  VxlanView,
  writeIp,
} from '@podlan/wire';

const [name, packetsHex, countText] = process.argv.slice(2);
const packets = packetsHex.split(',').map((hex) => Uint8Array.from(Buffer.from(hex, 'hex')));
const count = Number(countText);

/** All packets behind each other, so that views stand at every kind of offset. */
const ring = new Uint8Array(packets.reduce((sum, { length }) => sum + length, 0));
const starts = [];
let filled = 0;
for (const packet of packets) {
  ring.set(packet, filled);
  starts.push(filled);
  filled += packet.length;
}
starts.push(filled);

const ethernet = new EthernetView();
const arp = new ArpView();
const ipv4 = new Ipv4View();
const ipv6 = new Ipv6View();
const udp = new UdpView();
const tcp = new TcpView();
const icmp = new IcmpView();
const icmpv6 = new Icmpv6View();
const vxlan = new VxlanView();
const inner = new EthernetView();

/** Places `ethernet` over the packet whose turn it is. */
const nextFrame = (i) => ethernet.reset(ring, starts[i % packets.length], starts[(i % packets.length) + 1]);

/** Places `ipv4` over a packet of `protocol`, 0 for any. */
const nextIpv4 = (i, protocol) =>
  nextFrame(i) && ipv4.enter(ethernet) && (protocol === 0 || ipv4.protocol === protocol);

/** Where a header of `protocol` begins behind IPv6, 0 where none does. */
const nextIpv6 = (i, protocol) =>
  nextFrame(i) && ipv6.enter(ethernet) ? Math.max(0, upperLayerAt(ipv6, protocol)) : 0;

const segmentStarts = packets
  .map((_packet, i) => (nextIpv4(i, 6) ? ipv4.payloadOffset : 0))
  .filter((start) => start > 0);

const key = new Uint8Array(16);
const texts = ['10.244.1.5', '255.255.255.255', 'fd00:244:0:1::5', '::ffff:10.0.0.1', 'no address'];
const kept = { last: undefined };

/** Each returns a number that depends on all it has read. */
const READERS = {
  nothing: (i) => i,
  'one object a packet': (i) => {
    kept.last = { i };
    return i;
  },
  Ethernet: (i) => {
    nextFrame(i);
    ethernet.setSource(ring, ethernet.sourceAt);
    ethernet.setDestination(ring, ethernet.destinationAt);
    ethernet.etherType ^= 0;
    return ethernet.etherType + ethernet.payloadOffset + ethernet.payloadEnd;
  },
  'Ethernet addresses': (i) => {
    nextFrame(i);
    return ethernet.sourceNumber === ethernet.destinationNumber ? 1 : 2;
  },
  ARP: (i) => {
    if (!nextFrame(i) || !arp.enter(ethernet)) return 0;
    const numbers = (arp.senderIpNumber + arp.targetIpNumber) | 0;
    return (numbers + arp.operation + arp.senderMacAt + arp.targetMacAt + arp.payloadOffset) | 0;
  },
  'IPv4 fields': (i) => {
    if (!nextIpv4(i, 0)) return 0;
    const lengths = ipv4.headerBytes + ipv4.totalLength + ipv4.payloadOffset + ipv4.payloadEnd;
    const flags = (ipv4.dontFragment ? 1 : 0) + (ipv4.moreFragments ? 2 : 0) + ipv4.fragmentOffset;
    return (
      lengths + flags + ipv4.ttl + ipv4.protocol + ipv4.trafficClass + ipv4.identification + ipv4.checksum
    );
  },
  'IPv4 addresses': (i) => {
    if (!nextIpv4(i, 0)) return 0;
    const numbers = (ipv4.sourceNumber ^ ipv4.destinationNumber) | 0;
    return (numbers + ipv4.sourceAt + ipv4.destinationAt + ipv4.pseudoHeaderSum(17, 8)) | 0;
  },
  'IPv4 written': (i) => {
    if (!nextIpv4(i, 0)) return 0;
    ipv4.ttl = ipv4.ttl > 1 ? ipv4.ttl - 1 : 64;
    ipv4.trafficClass ^= 1;
    ipv4.identification ^= 1;
    return ipv4.checksumHolds ? 1 : 0;
  },
  'IPv4 addresses written': (i) => {
    if (!nextIpv4(i, 0)) return 0;
    ipv4.sourceNumber = (ipv4.sourceNumber ^ 1) >>> 0;
    ipv4.destinationNumber = (ipv4.destinationNumber ^ 1) >>> 0;
    return ipv4.checksumHolds ? 1 : 0;
  },
  IPv6: (i) => {
    if (!nextFrame(i) || !ipv6.enter(ethernet)) return 0;
    ipv6.hopLimit = ipv6.hopLimit > 1 ? ipv6.hopLimit - 1 : 64;
    ipv6.flowLabel ^= 1;
    const fields = ipv6.trafficClass + ipv6.flowLabel + ipv6.payloadLength + ipv6.nextHeader + ipv6.hopLimit;
    return fields + ipv6.payloadEnd + ipv6.sourceAt + ipv6.destinationAt + ipv6.pseudoHeaderSum(17, 8);
  },
  'UDP over IPv4': (i) => (nextIpv4(i, 17) && udp.enter(ipv4) ? readUdp(ipv4) : 0),
  'UDP over IPv6': (i) => {
    const at = nextIpv6(i, 17);
    return at > 0 && udp.reset(ring, at, ipv6.payloadEnd) ? readUdp(ipv6) : 0;
  },
  'TCP fields': (i) => {
    if (!nextIpv4(i, 6) || !tcp.enter(ipv4)) return 0;
    const numbers = (tcp.sequence ^ tcp.acknowledgment) + tcp.window + tcp.urgentPointer;
    return numbers + tcp.sourcePort + tcp.destinationPort + tcp.headerBytes + tcp.flags + tcp.payloadOffset;
  },
  'TCP written': (i) => {
    if (!nextIpv4(i, 6) || !tcp.enter(ipv4)) return 0;
    tcp.destinationPort ^= 1;
    tcp.flags ^= 1;
    tcp.window ^= 1;
    return tcp.checksumHolds(ipv4) ? 1 : 2;
  },
  'TCP numbers written': (i) => {
    if (!tcp.reset(ring, segmentStarts[i % segmentStarts.length])) return 0;
    tcp.sequence = (tcp.sequence ^ 1) >>> 0;
    tcp.acknowledgment = (tcp.acknowledgment ^ 1) >>> 0;
    return tcp.payloadOffset;
  },
  ICMP: (i) => {
    if (!nextIpv4(i, 1) || !icmp.enter(ipv4)) return 0;
    icmp.identifier ^= 1;
    const fields = icmp.identifier + icmp.sequence + icmp.nextHopMtu + (icmp.rest | 0);
    return fields + icmp.type + icmp.code + icmp.checksum + (icmp.checksumHolds ? 1 : 0);
  },
  ICMPv6: (i) => {
    const at = nextIpv6(i, 58);
    if (at === 0 || !icmpv6.reset(ring, at, ipv6.payloadEnd)) return 0;
    const fields = icmpv6.identifier + icmpv6.sequence + (icmpv6.rest | 0) + icmpv6.type + icmpv6.code;
    return fields + icmpv6.checksum + (icmpv6.checksumHolds(ipv6) ? 1 : 0);
  },
  'VXLAN and the frame inside': (i) => {
    if (!nextIpv4(i, 17) || !udp.enter(ipv4) || !vxlan.enter(udp) || !vxlan.isVniValid) return 0;
    vxlan.vni ^= 1;
    return inner.enter(vxlan) ? vxlan.vni + vxlan.flags + inner.etherType : 0;
  },
  'addresses in text': (i) => writeIp(texts[i % texts.length], key, 0) + key[0],
};

function readUdp(ip) {
  udp.sourcePort ^= 1;
  const fields = udp.sourcePort + udp.destinationPort + udp.length + udp.checksum;
  return fields + udp.payloadOffset + udp.payloadEnd + (udp.checksumHolds(ip) ? 1 : 0);
}

/** How many packets had the layer. */
function run(read) {
  let matching = 0;
  for (let i = 0; i < count; i++) if (read(i) !== 0) matching++;
  return matching;
}

const read = READERS[name];
run(read);
run(read);
globalThis.gc();
let grown = Number.POSITIVE_INFINITY;
let matching = 0;
// The least of some rounds: the engine compiles in one or the other, and takes from the heap for that.
for (let round = 0; round < 3; round++) {
  const before = process.memoryUsage().heapUsed;
  matching = run(read);
  grown = Math.min(grown, process.memoryUsage().heapUsed - before);
}
console.log(JSON.stringify({ grown, matching }));
