/**
 * Every codec on a packet of its own: reading one field through the view, parsing to a value, and emitting that value,
 * compared with copying the same bytes. The payload is the same everywhere. Where a checksum covers the payload,
 * emitting computes it, and parsing has a row with and one without verifying it, where the codec leaves a choice.
 */
import { strict as assert } from 'node:assert';
import { fileURLToPath } from 'node:url';
import { announce, compare, keep, ROUND, writeResults } from '@podlan/tooling/bench-report';
import { Bench } from 'tinybench';
import * as wire from '../dist/index.js';

const OPERATIONS = 256;
const PAYLOAD_BYTES = 64;
const CHECKSUM_BYTES = [64, 1500];
const BASELINE = 'copy of the bytes (Uint8Array.set)';

const bytesOf = (length) => Uint8Array.from({ length }, (_, at) => (at * 37 + 11) & 0xff);
const payload = bytesOf(PAYLOAD_BYTES);
const options = new Uint8Array();
const macs = { source: '02:00:00:00:00:0a', destination: '02:00:00:00:00:0b' };
const v4 = { source: '10.244.1.5', destination: '10.244.2.7' };
const v6 = { source: 'fd00:244:0:1::5', destination: 'fd00:244:0:2::7' };
const ports = { sourcePort: 40000, destinationPort: 443 };
const arp = {
  ...{ operation: wire.ArpOperation.reply, senderMac: macs.source, senderIp: v4.source },
  ...{ targetMac: macs.destination, targetIp: v4.destination },
};
const sequence = { sequence: 1, acknowledgment: 2, window: 65535, urgentPointer: 0 };
const tcpFields = { ...ports, ...sequence, flags: wire.TcpFlag.ack };
const ipv4Fields = { protocol: 17, ttl: 64, trafficClass: 0, identification: 7, fragmentOffset: 0 };

/**
 * `field`: what a forwarder or a filter would look at; `read` has it in its own code, because a property looked up by
 * name in code that all codecs share is slower than any view. `pseudo`: what the checksum covers besides.
 */
const CODECS = [
  {
    name: 'Ethernet',
    field: 'etherType',
    read: (bytes) => wire.EthernetView.over(bytes).etherType,
    parse: wire.parseEthernet,
    emit: wire.emitEthernet,
    value: { ...macs, etherType: wire.EtherType.ipv4, payload },
  },
  {
    name: 'ARP',
    field: 'operation',
    read: (bytes) => wire.ArpView.over(bytes).operation,
    parse: wire.parseArp,
    emit: wire.emitArp,
    value: arp,
  },
  {
    name: 'IPv4',
    field: 'protocol',
    read: (bytes) => wire.Ipv4View.over(bytes).protocol,
    parse: wire.parseIpv4,
    emit: wire.emitIpv4,
    value: { ...v4, ...ipv4Fields, dontFragment: true, moreFragments: false, options, payload },
  },
  {
    name: 'IPv6',
    field: 'nextHeader',
    read: (bytes) => wire.Ipv6View.over(bytes).nextHeader,
    parse: wire.parseIpv6,
    emit: wire.emitIpv6,
    value: { ...v6, trafficClass: 0, flowLabel: 0, nextHeader: 17, hopLimit: 64, payload },
  },
  {
    name: 'ICMP',
    field: 'type',
    read: (bytes) => wire.IcmpView.over(bytes).type,
    parse: wire.parseIcmp,
    emit: wire.emitIcmp,
    value: { kind: 'echo-request', identifier: 7, sequence: 1, data: payload },
  },
  {
    name: 'ICMPv6',
    field: 'type',
    read: (bytes) => wire.Icmpv6View.over(bytes).type,
    parse: wire.parseIcmpv6,
    emit: wire.emitIcmpv6,
    value: { kind: 'echo-request', identifier: 7, sequence: 1, data: payload },
    pseudo: v6,
  },
  {
    name: 'UDP',
    field: 'destinationPort',
    read: (bytes) => wire.UdpView.over(bytes).destinationPort,
    parse: wire.parseUdp,
    emit: wire.emitUdp,
    value: { ...ports, payload },
    pseudo: v4,
  },
  {
    name: 'TCP',
    field: 'destinationPort',
    read: (bytes) => wire.TcpView.over(bytes).destinationPort,
    parse: wire.parseTcp,
    emit: wire.emitTcp,
    value: { ...tcpFields, options, payload },
    pseudo: v4,
  },
  {
    name: 'VXLAN',
    field: 'vni',
    read: (bytes) => wire.VxlanView.over(bytes).vni,
    parse: wire.parseVxlan,
    emit: wire.emitVxlan,
    value: { vni: 1, payload },
  },
];

function repeated(run) {
  return () => {
    for (let i = 0; i < OPERATIONS; i++) keep(run());
  };
}

function emitted({ name, parse, emit, value, pseudo }) {
  const room = new Uint8Array(2048);
  const bytes = room.slice(0, emit(value, room, pseudo));
  assert.deepEqual(parse(bytes, pseudo), value, name);
  return bytes;
}

function codecTasks({ field, read, parse, emit, value, pseudo }, bytes) {
  const room = new Uint8Array(bytes.length);
  return {
    [BASELINE]: repeated(() => room.set(bytes)),
    [`view, reading ${field}`]: repeated(() => read(bytes)),
    parse: repeated(() => parse(bytes)),
    ...(pseudo && { 'parse, verifying the checksum': repeated(() => parse(bytes, pseudo)) }),
    emit: repeated(() => emit(value, room, pseudo)),
  };
}

/** RFC 1071, section 4.1, word by word. */
function checksumByWords(bytes) {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  let sum = 0;
  for (let at = 0; at + 1 < bytes.length; at += 2) sum += view.getUint16(at);
  if (bytes.length % 2 === 1) sum += view.getUint8(bytes.length - 1) << 8;
  while (sum >>> 16) sum = (sum & 0xffff) + (sum >>> 16);
  return ~sum & 0xffff;
}

const DATA_VIEW = 'a DataView, word by word';

function checksumTasks(bytes) {
  assert.equal(wire.internetChecksum(bytes), checksumByWords(bytes));
  const room = new Uint8Array(bytes.length);
  return {
    [DATA_VIEW]: repeated(() => checksumByWords(bytes)),
    internetChecksum: repeated(() => wire.internetChecksum(bytes)),
    [BASELINE]: repeated(() => room.set(bytes)),
  };
}

const run = (name, baseline, tasks) =>
  compare(new Bench({ name, ...ROUND }), { baseline, operations: OPERATIONS, tasks });

/** All views share a base: once all are in use, each is slower than it is alone, whichever is timed first. */
function useAllCodecs() {
  for (const codec of CODECS) {
    for (const task of Object.values(codecTasks(codec, emitted(codec)))) {
      for (let i = 0; i < 8; i++) task();
    }
  }
}

announce('Codecs, one packet');
useAllCodecs();
const groups = [];
for (const codec of CODECS) {
  const bytes = emitted(codec);
  groups.push(await run(`${codec.name}, ${bytes.length} bytes`, BASELINE, codecTasks(codec, bytes)));
}
for (const length of CHECKSUM_BYTES) {
  groups.push(await run(`Internet checksum, ${length} bytes`, DATA_VIEW, checksumTasks(bytesOf(length))));
}
writeResults(fileURLToPath(import.meta.url), groups);
